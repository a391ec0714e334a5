-- Rows of all partitions summed: one row per branch and bucket (a day, a month by its first day, or the whole period by
-- its start). The keyset is a HAVING because it compares groups; branch_id alone narrows what is read.
SELECT branch_id, agency_id, currency,
       CASE :bucket WHEN 'DAY' THEN day
                    WHEN 'MONTH' THEN DATE_SUB(day, INTERVAL DAYOFMONTH(day) - 1 DAY)
                    ELSE CAST(:from AS DATE) END AS bucket,
       CAST(SUM(approval_count) AS SIGNED) AS approval_count,
       CAST(SUM(approval_amount) AS SIGNED) AS approval_amount,
       CAST(SUM(cancel_count) AS SIGNED) AS cancel_count,
       CAST(SUM(cancel_amount) AS SIGNED) AS cancel_amount,
       CAST(SUM(net_amount) AS SIGNED) AS net_amount,
       CAST(SUM(fee_supply) AS SIGNED) AS fee_supply,
       CAST(SUM(fee_vat) AS SIGNED) AS fee_vat,
       CAST(SUM(branch_commission) AS SIGNED) AS branch_commission,
       CAST(SUM(agency_commission) AS SIGNED) AS agency_commission
FROM branch_sales_daily
WHERE /*confined*/ TRUE
  AND day >= :from
  AND day <= :to
  AND (:branch_id IS NULL OR branch_id = :branch_id)
  AND (:agency_id IS NULL OR agency_id = :agency_id)
  AND (:method IS NULL OR method = :method)
  AND (:after_branch IS NULL OR branch_id >= :after_branch)
GROUP BY branch_id, agency_id, currency, bucket
HAVING :after_branch IS NULL
    OR (branch_id, agency_id, currency, bucket) > (:after_branch, :after_agency, :after_currency, CAST(:after_bucket AS DATE))
ORDER BY branch_id, agency_id, currency, bucket
LIMIT :limit
