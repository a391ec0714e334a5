-- Of each payee of a JSON list of kind, id, and day and seq of its latest pay-out: what has become payable since, by the day it is due.
SELECT no, pay_out_date, CAST(SUM(amount) AS SIGNED) AS amount
FROM (
    SELECT payee.no, c.pay_out_date, c.payable AS amount
    FROM JSON_TABLE(:payees, '$[*]' COLUMNS (
        no FOR ORDINALITY, payee_kind VARCHAR(8) PATH '$[0]', payee_id CHAR(32) PATH '$[1]', last_date DATE PATH '$[2]',
        last_seq BIGINT PATH '$[3]')) AS payee
    STRAIGHT_JOIN settlement_closings c ON c.payee_id = UNHEX(payee.payee_id) AND c.payee_kind = payee.payee_kind
    WHERE c.payable > 0
      AND (c.pay_out_date > payee.last_date OR (c.pay_out_date = payee.last_date AND c.seq > payee.last_seq))
    UNION ALL
    SELECT payee.no, m.pay_out_date, m.amount
    FROM JSON_TABLE(:payees, '$[*]' COLUMNS (
        no FOR ORDINALITY, payee_kind VARCHAR(8) PATH '$[0]', payee_id CHAR(32) PATH '$[1]', last_date DATE PATH '$[2]',
        last_seq BIGINT PATH '$[3]')) AS payee
    STRAIGHT_JOIN settlement_movements m ON m.payee_id = UNHEX(payee.payee_id) AND m.payee_kind = payee.payee_kind
    WHERE m.kind IN ('RELEASED', 'RESERVE_RELEASED')
      AND (m.pay_out_date > payee.last_date OR (m.pay_out_date = payee.last_date AND m.seq > payee.last_seq))
) due
GROUP BY no, pay_out_date
ORDER BY no, pay_out_date
