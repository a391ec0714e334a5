-- The latest day first, then by place in the ledger.
SELECT partition_no, seq, payee_kind, payee_id, merchant_id, closing, closing_position, amount, day, received_at
FROM settlement_receipts
WHERE /*confined*/ TRUE
  AND day >= :from
  AND day <= :before_day
  AND (day < :before_day OR partition_no < :before_partition OR (partition_no = :before_partition AND seq < :before_seq))
  AND (:payee_id IS NULL OR (payee_id = :payee_id AND payee_kind = :payee_kind))
  AND (:merchant_id IS NULL OR merchant_id = :merchant_id)
ORDER BY day DESC, partition_no DESC, seq DESC
LIMIT :limit
