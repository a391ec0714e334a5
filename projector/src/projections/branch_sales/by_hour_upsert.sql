INSERT INTO `branch_sales_by_hour` (
    partition_no, node_id, day, hour, path, method, currency, is_top, branch_id, agency_id, approval_count, approval_amount, cancel_count, cancel_amount,
    net_amount, fee_supply, fee_vat, own_commission, below_commission)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON DUPLICATE KEY UPDATE
    approval_count = approval_count + VALUE(approval_count),
    approval_amount = approval_amount + VALUE(approval_amount),
    cancel_count = cancel_count + VALUE(cancel_count),
    cancel_amount = cancel_amount + VALUE(cancel_amount),
    net_amount = net_amount + VALUE(net_amount),
    fee_supply = fee_supply + VALUE(fee_supply),
    fee_vat = fee_vat + VALUE(fee_vat),
    own_commission = own_commission + VALUE(own_commission),
    below_commission = below_commission + VALUE(below_commission)
