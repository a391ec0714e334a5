INSERT INTO `branch_sales_daily` (
    partition_no, branch_id, day, method, currency, agency_id, approval_count, approval_amount, cancel_count, cancel_amount,
    net_amount, fee_supply, fee_vat, branch_commission, agency_commission)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON DUPLICATE KEY UPDATE
    approval_count = approval_count + VALUE(approval_count),
    approval_amount = approval_amount + VALUE(approval_amount),
    cancel_count = cancel_count + VALUE(cancel_count),
    cancel_amount = cancel_amount + VALUE(cancel_amount),
    net_amount = net_amount + VALUE(net_amount),
    fee_supply = fee_supply + VALUE(fee_supply),
    fee_vat = fee_vat + VALUE(fee_vat),
    branch_commission = branch_commission + VALUE(branch_commission),
    agency_commission = agency_commission + VALUE(agency_commission)
