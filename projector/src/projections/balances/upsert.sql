INSERT INTO `ledger_balances` (partition_no, account, holder, day, debit, credit)
VALUES (?, ?, ?, ?, ?, ?)
ON DUPLICATE KEY UPDATE
    debit = debit + VALUE(debit),
    credit = credit + VALUE(credit)
