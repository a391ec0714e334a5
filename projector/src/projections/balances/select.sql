SELECT partition_no, account, holder, day, debit, credit
FROM `ledger_balances`
WHERE partition_no = ?
ORDER BY account, holder, day
