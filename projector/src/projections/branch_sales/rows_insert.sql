INSERT INTO `branch_sale_rows` (
    node_id, sold_date, transaction_id, partition_no, path, branch_id, agency_id, kind, hour, payment_id, merchant_id, order_id,
    method, currency, net_amount, fee_supply, fee_vat, own_commission, below_commission, occurred_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
