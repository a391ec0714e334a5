-- Of each kind of payee, payee, day and seq of a JSON list: the first pay-out on that day or later that was proposed after that seq. What
-- was due by then is in it. Where it is asked again, after one that was rejected, failed or came back, only one that a person proposed:
-- those alone take in what waits.
SELECT found.no, o.pay_out_id, o.state, o.pay_out_date, o.last_seq
FROM (
    SELECT asked.no, asked.payee_kind,
           (SELECT p.pay_out_id FROM settlement_pay_outs p
            WHERE p.payee_id = UNHEX(asked.payee_id) AND p.payee_kind = asked.payee_kind
              AND p.pay_out_date >= asked.pay_out_date AND p.proposed_seq > asked.seq
              AND (asked.again = 0 OR p.proposed_by IS NOT NULL)
            ORDER BY p.pay_out_date, p.proposed_seq LIMIT 1) AS pay_out_id,
           UNHEX(asked.payee_id) AS payee_id
    FROM JSON_TABLE(:asked, '$[*]' COLUMNS (
        no FOR ORDINALITY, payee_kind VARCHAR(8) PATH '$[0]', payee_id CHAR(32) PATH '$[1]', pay_out_date DATE PATH '$[2]',
        seq BIGINT PATH '$[3]', again INT PATH '$[4]')) AS asked
) found
STRAIGHT_JOIN settlement_pay_outs o ON o.pay_out_id = found.pay_out_id AND o.payee_id = found.payee_id
