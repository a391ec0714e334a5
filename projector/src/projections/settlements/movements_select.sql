SELECT partition_no, seq, payee_kind, payee_id, kind, wish, amount, closing, pay_out_date, day, reason, document, done_by,
       proposed_by, confirmed_by, proposal_id, occurred_at
FROM `settlement_movements`
WHERE partition_no = ?
ORDER BY seq
