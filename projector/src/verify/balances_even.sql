-- Written without looking at the projector: debits are credits in every partition on every day, because each event posts as much on
-- either side.
SELECT partition_no, day, 'KRW' AS currency, COUNT(*) AS parts, CAST(SUM(debit) - SUM(credit) AS SIGNED) AS uneven
FROM ledger_balances
GROUP BY partition_no, day
