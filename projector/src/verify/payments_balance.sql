-- Written without looking at the projector: what is left of each payment must be the sum of what moved on it.
SELECT HEX(payment_id) AS payment, MIN(sold_date) AS day, MIN(currency) AS currency, COUNT(*) AS parts,
       CAST(SUM(amount) - SUM(IF(kind = 'APPROVAL', balance, 0)) AS SIGNED) AS balance
FROM transactions
GROUP BY payment_id
