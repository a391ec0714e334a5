-- The trial balance: everything that was posted up to a day, by account, over all partitions.
SELECT account, CAST(SUM(debit) AS SIGNED) AS debit, CAST(SUM(credit) AS SIGNED) AS credit
FROM ledger_balances
WHERE day <= :date
GROUP BY account
ORDER BY account
