-- What stands in the accounts of the payees from the first to the last on a page: credits less debits, accrued commission of all
-- merchants together.
SELECT SUBSTRING_INDEX(holder, '/', 1) AS payee, account, CAST(SUM(credit) - SUM(debit) AS SIGNED) AS balance
FROM ledger_balances
WHERE account IN ('A30', 'L10', 'L12', 'L13', 'L20', 'L30', 'L31')
  AND holder >= :first
  AND holder < CONCAT(:last, '0')
GROUP BY payee, account
