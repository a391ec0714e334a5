-- Rows of all partitions of one node's subtree summed: one row per bucket and method. As by_branch.sql otherwise.
SELECT CASE :bucket WHEN 'HOUR' THEN day
                    WHEN 'DAY' THEN day
                    WHEN 'WEEK' THEN DATE_SUB(day, INTERVAL WEEKDAY(day) DAY)
                    WHEN 'MONTH' THEN DATE_SUB(day, INTERVAL DAYOFMONTH(day) - 1 DAY)
                    ELSE CAST(:from AS DATE) END AS bucket,
       /*hour*/ 0 AS bucket_hour, method, currency,
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
  AND node_id = :node
  AND day >= :from
  AND day <= :to
  AND (:method IS NULL OR method = :method)
GROUP BY bucket, bucket_hour, method, currency
HAVING :after_method IS NULL
    OR (bucket, bucket_hour, method, currency)
       > (CAST(:after_bucket AS DATE), :after_hour, :after_method, :after_currency)
ORDER BY bucket, bucket_hour, method, currency
LIMIT :limit
