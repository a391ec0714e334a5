-- What of these merchants has not arrived; (?) is repeated for as many ids as are asked for at once.
SELECT partition_no, seq, entry_no, merchant_id, closing, day, node_kind, payee_id, amount, delivered_seq, delivered_position,
       delivered_at
FROM `settlement_commissions`
WHERE merchant_id IN (?) AND delivered_seq IS NULL
