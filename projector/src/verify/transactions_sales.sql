-- Written without looking at the projector: what moved by the transactions, less what the branch sales say, per branch,
-- day and currency. A group with anything left is a difference.
SELECT HEX(branch_id) AS branch, day, currency, COUNT(*) AS parts,
       CAST(SUM(approvals) AS SIGNED) AS approvals, CAST(SUM(cancels) AS SIGNED) AS cancels,
       CAST(SUM(approved) AS SIGNED) AS approved, CAST(SUM(cancelled) AS SIGNED) AS cancelled,
       CAST(SUM(net) AS SIGNED) AS net, CAST(SUM(fee) AS SIGNED) AS fee
FROM (
    SELECT branch_id, sold_date AS day, currency,
           IF(kind = 'APPROVAL', 1, 0) AS approvals, IF(kind = 'CANCEL', 1, 0) AS cancels,
           IF(kind = 'APPROVAL', amount, 0) AS approved, IF(kind = 'CANCEL', -amount, 0) AS cancelled,
           amount AS net, fee_supply + fee_vat AS fee
    FROM transactions
    WHERE result = 'DONE'
    UNION ALL
    SELECT branch_id, day, currency, -approval_count, -cancel_count, -approval_amount, -cancel_amount, -net_amount,
           -(fee_supply + fee_vat)
    FROM branch_sales_by_day
    WHERE is_top = 1
) both_sides
GROUP BY branch_id, day, currency
