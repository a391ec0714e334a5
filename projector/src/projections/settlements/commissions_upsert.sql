INSERT INTO `settlement_commissions` (
    partition_no, seq, entry_no, merchant_id, closing, day, node_kind, payee_id, amount, delivered_seq, delivered_position,
    delivered_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON DUPLICATE KEY UPDATE
    delivered_seq = VALUE(delivered_seq), delivered_position = VALUE(delivered_position), delivered_at = VALUE(delivered_at)
