SELECT partition_no, pay_out_id, payee_kind, payee_id, number, pay_out_date, amount, income_tax, local_tax, transfer, state,
       proposed_by, approved_by, released_by, rejected_by, batch, bank_account, bank_reference, paid_on, code, message,
       proposed_at, updated_at, proposed_seq, last_seq
FROM `settlement_pay_outs`
WHERE partition_no = ?
ORDER BY pay_out_id
