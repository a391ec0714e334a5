INSERT INTO `settlement_receipts` (
    partition_no, seq, payee_kind, payee_id, merchant_id, closing, closing_position, amount, day, received_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
