SELECT partition_no, seq, entry_no, merchant_id, closing, day, node_kind, payee_id, amount, delivered_seq, delivered_position,
       delivered_at
FROM `settlement_commissions`
WHERE partition_no = ?
ORDER BY seq, entry_no
