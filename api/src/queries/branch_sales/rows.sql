-- The rows behind one node's sums, the latest day sold first.
SELECT transaction_id, kind, payment_id, merchant_id, branch_id, agency_id, order_id, method, currency, net_amount, fee_supply,
       fee_vat, own_commission, below_commission, sold_date, occurred_at
FROM branch_sale_rows
WHERE /*confined*/ TRUE
  AND node_id = :node
  AND sold_date >= :from
  AND sold_date <= :to
  AND (:method IS NULL OR method = :method)
  AND (:after IS NULL OR sold_date < :to OR transaction_id < :after)
ORDER BY sold_date DESC, transaction_id DESC
LIMIT :limit
