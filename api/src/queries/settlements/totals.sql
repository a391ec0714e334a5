-- What each payee is owed by the day asked for (sold, or pay-out expected), over all partitions. The keyset compares groups, so it is a HAVING.
SELECT /*day*/ sold_date AS day, payee_kind, payee_id, currency,
       CAST(SUM(kind IN ('SALE', 'COMMISSION')) AS SIGNED) AS added_count,
       CAST(SUM(kind IN ('CANCEL', 'COMMISSION_RETURN')) AS SIGNED) AS returned_count,
       CAST(SUM(IF(kind IN ('SALE', 'COMMISSION'), amount, 0)) AS SIGNED) AS added_amount,
       CAST(SUM(IF(kind IN ('CANCEL', 'COMMISSION_RETURN'), -amount, 0)) AS SIGNED) AS returned_amount,
       CAST(SUM(sale_supply) AS SIGNED) AS sale_supply,
       CAST(SUM(sale_vat) AS SIGNED) AS sale_vat,
       CAST(SUM(sale_tax_free) AS SIGNED) AS sale_tax_free,
       CAST(SUM(fee_supply) AS SIGNED) AS fee_supply,
       CAST(SUM(fee_vat) AS SIGNED) AS fee_vat,
       CAST(SUM(pay_out_amount) AS SIGNED) AS pay_out_amount
FROM settlement_entries
WHERE /*confined*/ TRUE
  AND /*day*/ sold_date >= :from
  AND /*day*/ sold_date <= :to
  AND (:after_day IS NULL OR /*day*/ sold_date <= :after_day)
  AND (:payee_id IS NULL OR (payee_id = :payee_id AND payee_kind = :payee_kind))
GROUP BY /*day*/ sold_date, payee_kind, payee_id, currency
HAVING :after_day IS NULL OR day < CAST(:after_day AS DATE) OR (payee_kind, payee_id, currency) > (:after_kind, :after_payee, :after_currency)
ORDER BY day DESC, payee_kind, payee_id, currency
LIMIT :limit
