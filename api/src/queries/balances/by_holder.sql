-- One account of the trial balance by sub-ledger.
SELECT holder, CAST(SUM(debit) AS SIGNED) AS debit, CAST(SUM(credit) AS SIGNED) AS credit
FROM ledger_balances
WHERE account = :account
  AND day <= :date
  AND (:after IS NULL OR holder > :after)
GROUP BY holder
ORDER BY holder
LIMIT :limit
