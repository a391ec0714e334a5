-- The latest settlement day first, then by place in the ledger.
SELECT partition_no, seq, payee_kind, payee_id, number, day, sale_count, sale_amount, cancel_count, cancel_amount, fee_supply,
       fee_vat, commission_amount, adjustments, net, offset_amount, offset_reserve, reserve_held, reserve_until, receivable,
       payable, pay_out_date, entries, LOWER(HEX(entries_hash)), open_count, terms, terms_version, closed_at
FROM settlement_closings
WHERE /*confined*/ TRUE
  AND day >= :from
  AND day <= :before_day
  AND (day < :before_day OR partition_no < :before_partition OR (partition_no = :before_partition AND seq < :before_seq))
  AND (:payee_id IS NULL OR (payee_id = :payee_id AND payee_kind = :payee_kind))
ORDER BY day DESC, partition_no DESC, seq DESC
LIMIT :limit
