SELECT partition_no, node_id, day, path, method, currency, is_top, branch_id, agency_id,
       approval_count, approval_amount, cancel_count, cancel_amount,
       net_amount, fee_supply, fee_vat, own_commission, below_commission
FROM `branch_sales_by_day`
WHERE partition_no = ?
ORDER BY node_id, day, path, method, currency
