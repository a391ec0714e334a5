-- Of each payee of a JSON list of kind and id: what is closed and payable, what of it is proposed, and the latest pay-out. All that was
-- due by its day and closed before it is in it.
SELECT payee.no,
       CAST(COALESCE((SELECT SUM(c.payable) FROM settlement_closings c
                      WHERE c.payee_id = UNHEX(payee.payee_id) AND c.payee_kind = payee.payee_kind), 0)
          + COALESCE((SELECT SUM(m.amount) FROM settlement_movements m
                      WHERE m.payee_id = UNHEX(payee.payee_id) AND m.payee_kind = payee.payee_kind
                        AND m.kind IN ('WITHHELD', 'RELEASED', 'RESERVE_RELEASED')), 0)
          - COALESCE((SELECT SUM(o.amount) FROM settlement_pay_outs o
                      WHERE o.payee_id = UNHEX(payee.payee_id) AND o.payee_kind = payee.payee_kind
                        AND o.state IN ('SENT', 'CONFIRMED')), 0) AS SIGNED) AS payable,
       CAST(COALESCE((SELECT SUM(o.amount) FROM settlement_pay_outs o
                      WHERE o.payee_id = UNHEX(payee.payee_id) AND o.payee_kind = payee.payee_kind
                        AND o.state IN ('PROPOSED', 'APPROVED')), 0) AS SIGNED) AS proposed,
       (SELECT o.pay_out_date FROM settlement_pay_outs o
        WHERE o.payee_id = UNHEX(payee.payee_id) AND o.payee_kind = payee.payee_kind
        ORDER BY o.pay_out_date DESC, o.proposed_seq DESC LIMIT 1) AS last_date,
       (SELECT o.proposed_seq FROM settlement_pay_outs o
        WHERE o.payee_id = UNHEX(payee.payee_id) AND o.payee_kind = payee.payee_kind
        ORDER BY o.pay_out_date DESC, o.proposed_seq DESC LIMIT 1) AS last_seq
FROM JSON_TABLE(:payees, '$[*]' COLUMNS (
    no FOR ORDINALITY, payee_kind VARCHAR(8) PATH '$[0]', payee_id CHAR(32) PATH '$[1]')) AS payee
ORDER BY payee.no
