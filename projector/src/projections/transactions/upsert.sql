INSERT INTO `transactions` (
    id, kind, payment_id, partition_no, seq, merchant_id, branch_id, agency_id, order_id, order_name, method, currency,
    status, result, requested_amount, amount, supply, vat, tax_free, fee_supply, fee_vat, balance, card_number, installment,
    acquirer, approve_no, reason, failure_code, failure_message, requested_at, occurred_at, approved_at, sold_date, pay_out_date)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON DUPLICATE KEY UPDATE
    seq = VALUE(seq), status = VALUE(status), result = VALUE(result), amount = VALUE(amount), supply = VALUE(supply),
    vat = VALUE(vat), tax_free = VALUE(tax_free), fee_supply = VALUE(fee_supply), fee_vat = VALUE(fee_vat),
    balance = VALUE(balance), approve_no = VALUE(approve_no), reason = VALUE(reason), failure_code = VALUE(failure_code),
    failure_message = VALUE(failure_message), occurred_at = VALUE(occurred_at), approved_at = VALUE(approved_at),
    sold_date = VALUE(sold_date), pay_out_date = VALUE(pay_out_date)
