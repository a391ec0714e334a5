SELECT partition_no, seq, entry_no, payee_kind, payee_id, kind, merchant_id, branch_id, agency_id, payment_id, transaction_id,
       order_id, method, currency, amount, sale_supply, sale_vat, sale_tax_free, fee_supply, fee_vat, pay_out_amount, fees,
       contract_version, posting_policy, sold_date, pay_out_date, occurred_at
FROM `settlement_entries`
WHERE partition_no = ?
ORDER BY seq, entry_no
