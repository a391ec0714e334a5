SELECT id, kind, payment_id, partition_no, seq, merchant_id, branch_id, agency_id, order_id, order_name, method, currency,
       status, result, requested_amount, amount, supply, vat, tax_free, fee_supply, fee_vat, balance, card_number, installment,
       acquirer, approve_no, reason, failure_code, failure_message, requested_at, occurred_at, approved_at, sold_date, pay_out_date
FROM `transactions`
WHERE partition_no = ?
ORDER BY id
