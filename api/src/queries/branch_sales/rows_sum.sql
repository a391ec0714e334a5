-- All of the rows behind one node's sums added up, whatever the page.
SELECT currency,
       CAST(SUM(kind = 'APPROVAL') AS SIGNED) AS approval_count,
       CAST(SUM(IF(kind = 'APPROVAL', net_amount, 0)) AS SIGNED) AS approval_amount,
       CAST(SUM(kind = 'CANCEL') AS SIGNED) AS cancel_count,
       CAST(SUM(IF(kind = 'CANCEL', -net_amount, 0)) AS SIGNED) AS cancel_amount,
       CAST(SUM(net_amount) AS SIGNED) AS net_amount,
       CAST(SUM(fee_supply) AS SIGNED) AS fee_supply,
       CAST(SUM(fee_vat) AS SIGNED) AS fee_vat,
       CAST(SUM(own_commission) AS SIGNED) AS own_commission,
       CAST(SUM(below_commission) AS SIGNED) AS below_commission
FROM branch_sale_rows
WHERE /*confined*/ TRUE
  AND node_id = :node
  AND sold_date >= :from
  AND sold_date <= :to
  AND (:method IS NULL OR method = :method)
GROUP BY currency
ORDER BY currency
