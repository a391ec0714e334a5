SELECT partition_no, branch_id, day, method, currency, agency_id, approval_count, approval_amount, cancel_count, cancel_amount,
       net_amount, fee_supply, fee_vat, branch_commission, agency_commission
FROM `branch_sales_daily`
WHERE partition_no = ?
ORDER BY branch_id, day, method, currency, agency_id
