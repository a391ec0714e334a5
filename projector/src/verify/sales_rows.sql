-- Written without looking at the projector: the branch sales of every hour, less the rows behind them, per node, hour and currency.
SELECT HEX(node_id) AS node, CONCAT(day, ' ', hour) AS hour_of_day, currency, COUNT(*) AS parts,
       CAST(SUM(approvals) AS SIGNED) AS approvals, CAST(SUM(cancels) AS SIGNED) AS cancels,
       CAST(SUM(net) AS SIGNED) AS net, CAST(SUM(fee) AS SIGNED) AS fee,
       CAST(SUM(own) AS SIGNED) AS own, CAST(SUM(below) AS SIGNED) AS below
FROM (
    SELECT node_id, day, hour, currency, approval_count AS approvals, cancel_count AS cancels, net_amount AS net,
           fee_supply + fee_vat AS fee, own_commission AS own, below_commission AS below
    FROM branch_sales_by_hour
    UNION ALL
    SELECT node_id, sold_date, hour, currency, -IF(kind = 'APPROVAL', 1, 0), -IF(kind = 'CANCEL', 1, 0), -net_amount,
           -(fee_supply + fee_vat), -own_commission, -below_commission
    FROM branch_sale_rows
) both_sides
GROUP BY node_id, day, hour, currency
