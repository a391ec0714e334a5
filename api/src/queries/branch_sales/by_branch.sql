-- Rows of all partitions summed: one row per branch and bucket (an hour, a day, a week by its Monday, a month by its first day, or the
-- whole period by its start). The keyset is a HAVING because it compares groups; branch_id alone narrows what is read.
SELECT branch_id, agency_id, currency,
       CASE :bucket WHEN 'HOUR' THEN day
                    WHEN 'DAY' THEN day
                    WHEN 'WEEK' THEN DATE_SUB(day, INTERVAL WEEKDAY(day) DAY)
                    WHEN 'MONTH' THEN DATE_SUB(day, INTERVAL DAYOFMONTH(day) - 1 DAY)
                    ELSE CAST(:from AS DATE) END AS bucket,
       /*hour*/ 0 AS bucket_hour,
       CAST(SUM(approval_count) AS SIGNED) AS approval_count,
       CAST(SUM(approval_amount) AS SIGNED) AS approval_amount,
       CAST(SUM(cancel_count) AS SIGNED) AS cancel_count,
       CAST(SUM(cancel_amount) AS SIGNED) AS cancel_amount,
       CAST(SUM(net_amount) AS SIGNED) AS net_amount,
       CAST(SUM(fee_supply) AS SIGNED) AS fee_supply,
       CAST(SUM(fee_vat) AS SIGNED) AS fee_vat,
       CAST(SUM(own_commission) AS SIGNED) AS own_commission,
       CAST(SUM(below_commission) AS SIGNED) AS below_commission
FROM /*table*/ branch_sales_by_day
WHERE /*confined*/ TRUE
  AND /*node*/ is_top = 1
  AND day >= :from
  AND day <= :to
  AND (:above IS NULL OR LOCATE(CAST(:above AS BINARY), path) BETWEEN 1 AND LOCATE(node_id, path))
  AND (:method IS NULL OR method = :method)
  AND (:after_branch IS NULL OR branch_id >= :after_branch)
GROUP BY branch_id, agency_id, currency, bucket, bucket_hour
HAVING :after_branch IS NULL
    OR (branch_id, agency_id, currency, bucket, bucket_hour)
       > (:after_branch, :after_agency, :after_currency, CAST(:after_bucket AS DATE), :after_hour)
ORDER BY branch_id, agency_id, currency, bucket, bucket_hour
LIMIT :limit
