-- Every row of one payment, found by the payment's id or by one of its cancels', in the order they were asked for.
SELECT id, kind, payment_id, partition_no, seq, merchant_id, branch_id, agency_id, order_id, order_name, method, currency,
       status, result, requested_amount, amount, supply, vat, tax_free, fee_supply, fee_vat, balance, card_number, installment,
       acquirer, approve_no, reason, failure_code, failure_message, requested_at, occurred_at, approved_at, sold_date,
       pay_out_date
FROM transactions
WHERE payment_id = (SELECT payment_id FROM transactions WHERE id = :id)
  AND /*confined*/ TRUE
ORDER BY kind, requested_at, id
