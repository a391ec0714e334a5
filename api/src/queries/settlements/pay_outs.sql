-- The latest pay-out day first, then by the place of the proposal in the ledger.
SELECT partition_no, proposed_seq, pay_out_id, payee_kind, payee_id, number, pay_out_date, amount, income_tax, local_tax, transfer,
       state, proposed_by, approved_by, released_by, rejected_by, batch, bank_account, bank_reference, paid_on, code, message,
       proposed_at, updated_at
FROM settlement_pay_outs
WHERE /*confined*/ TRUE
  AND pay_out_date >= :from
  AND pay_out_date <= :before_day
  AND (pay_out_date < :before_day OR partition_no < :before_partition
       OR (partition_no = :before_partition AND proposed_seq < :before_seq))
  AND (:payee_id IS NULL OR (payee_id = :payee_id AND payee_kind = :payee_kind))
  AND (:state IS NULL OR state = :state)
ORDER BY pay_out_date DESC, partition_no DESC, proposed_seq DESC
LIMIT :limit
