-- Newest first. The keyset is spelled so that MariaDB walks the index of the scope: it does not range-scan a row constructor.
SELECT id, kind, payment_id, partition_no, seq, merchant_id, branch_id, agency_id, order_id, order_name, method, currency,
       status, result, requested_amount, amount, supply, vat, tax_free, fee_supply, fee_vat, balance, card_number, installment,
       acquirer, approve_no, reason, failure_code, failure_message, requested_at, occurred_at, approved_at, sold_date,
       pay_out_date
FROM transactions
WHERE /*confined*/ TRUE
  AND occurred_at >= :from
  AND occurred_at <= :before_at
  AND (occurred_at < :before_at OR id < :before_id)
  AND (:status IS NULL OR status = :status)
  AND (:method IS NULL OR method = :method)
  AND (:order_id IS NULL OR order_id = :order_id)
  AND (:branch_id IS NULL OR branch_id = :branch_id)
  AND (:amount_min IS NULL OR requested_amount >= :amount_min)
  AND (:amount_max IS NULL OR requested_amount <= :amount_max)
ORDER BY occurred_at DESC, id DESC
LIMIT :limit
