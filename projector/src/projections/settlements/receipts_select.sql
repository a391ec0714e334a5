SELECT partition_no, seq, payee_kind, payee_id, merchant_id, closing, closing_position, amount, day, received_at
FROM `settlement_receipts`
WHERE partition_no = ?
ORDER BY seq
