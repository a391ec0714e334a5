-- Written without looking at the projector: the branch sales of every day, less those of its hours, per node, day and currency.
SELECT HEX(node_id) AS node, day, currency, COUNT(*) AS parts,
       CAST(SUM(approvals) AS SIGNED) AS approvals, CAST(SUM(cancels) AS SIGNED) AS cancels,
       CAST(SUM(net) AS SIGNED) AS net, CAST(SUM(fee) AS SIGNED) AS fee,
       CAST(SUM(own) AS SIGNED) AS own, CAST(SUM(below) AS SIGNED) AS below
FROM (
    SELECT node_id, day, currency, approval_count AS approvals, cancel_count AS cancels, net_amount AS net,
           fee_supply + fee_vat AS fee, own_commission AS own, below_commission AS below
    FROM branch_sales_by_day
    UNION ALL
    SELECT node_id, day, currency, -approval_count, -cancel_count, -net_amount, -(fee_supply + fee_vat), -own_commission,
           -below_commission
    FROM branch_sales_by_hour
) both_sides
GROUP BY node_id, day, currency
