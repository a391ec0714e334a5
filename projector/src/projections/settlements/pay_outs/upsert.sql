INSERT INTO `settlement_pay_outs` (
    partition_no, pay_out_id, payee_kind, payee_id, number, pay_out_date, amount, income_tax, local_tax, transfer, state,
    proposed_by, approved_by, released_by, rejected_by, batch, bank_account, bank_reference, paid_on, code, message,
    proposed_at, updated_at, proposed_seq, last_seq)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON DUPLICATE KEY UPDATE
    state = VALUE(state), approved_by = VALUE(approved_by), released_by = VALUE(released_by),
    rejected_by = VALUE(rejected_by), batch = VALUE(batch), bank_account = VALUE(bank_account),
    bank_reference = VALUE(bank_reference), paid_on = VALUE(paid_on), code = VALUE(code), message = VALUE(message),
    updated_at = VALUE(updated_at), last_seq = VALUE(last_seq)
