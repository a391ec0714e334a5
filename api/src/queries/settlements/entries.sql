-- Newest first: by the day asked for (sold, or pay-out expected), then by place in the ledger.
SELECT partition_no, seq, entry_no, payee_kind, payee_id, kind, merchant_id, branch_id, agency_id, payment_id, transaction_id,
       order_id, method, currency, amount, sale_supply, sale_vat, sale_tax_free, fee_supply, fee_vat, pay_out_amount, fees,
       contract_version, posting_policy, sold_date, pay_out_date, occurred_at
FROM settlement_entries
WHERE /*confined*/ TRUE
  AND /*day*/ sold_date >= :from
  AND /*day*/ sold_date <= :before_day
  AND (/*day*/ sold_date < :before_day OR partition_no < :before_partition
       OR (partition_no = :before_partition AND (seq < :before_seq OR (seq = :before_seq AND entry_no < :before_entry))))
  AND (:payee_id IS NULL OR (payee_id = :payee_id AND payee_kind = :payee_kind))
  AND (:merchant_id IS NULL OR merchant_id = :merchant_id)
  AND (:payment_id IS NULL OR payment_id = :payment_id)
ORDER BY /*day*/ sold_date DESC, partition_no DESC, seq DESC, entry_no DESC
LIMIT :limit
