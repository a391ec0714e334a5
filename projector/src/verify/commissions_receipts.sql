-- Written without looking at the projector: each commission against its receipt, which may lie in another partition. Of both sides one
-- may not be there yet: a commission whose delivery nobody has recorded may be under way, and a receipt may have arrived before its
-- sender was told. So a receipt is missing only where the tables hold the place at which it is said to stand, and a commission only
-- where they hold the place of its closing. Where both are there they must be one each, of one amount, each at the place that the other
-- names.
WITH places AS (
    SELECT CONCAT(topic, '/', partition_no) AS place, seq
    FROM ledger_checkpoints
    WHERE projection = 'settlement_receipts'
      AND version = (SELECT MIN(version) FROM ledger_checkpoints WHERE projection = 'settlement_receipts')
)
SELECT CONCAT(HEX(payee_id), ' of ', HEX(merchant_id), ' ', closing) AS commission, MIN(day) AS day, 'KRW' AS currency,
       COUNT(*) AS parts,
       CAST(SUM(closed) > 1 OR SUM(received) > 1 AS SIGNED) AS doubled,
       CAST(IF(SUM(closed) > 0 AND SUM(received) > 0, SUM(amount), 0) AS SIGNED) AS amount,
       CAST(SUM(received) = 0 AND MAX(due) = 1 AS SIGNED) AS receipt_missing,
       CAST(SUM(closed) = 0 AND MAX(due) = 1 AS SIGNED) AS commission_missing,
       CAST(COALESCE(MAX(receipt_said) <> MAX(receipt_at), 0) AS SIGNED) AS receipt_elsewhere,
       CAST(COALESCE(MAX(closing_said) <> MAX(closing_at), 0) AS SIGNED) AS closing_elsewhere
FROM (
    SELECT merchant_id, closing, payee_id, day, 1 AS closed, 0 AS received, amount,
           EXISTS (SELECT 1 FROM places
                   WHERE place = SUBSTRING_INDEX(delivered_position, ':', 1)
                     AND seq >= CAST(SUBSTRING_INDEX(delivered_position, ':', -1) AS SIGNED)) AS due,
           SUBSTRING_INDEX(delivered_position, '/', -1) AS receipt_said, NULL AS receipt_at,
           NULL AS closing_said, CONCAT(partition_no, ':', seq) AS closing_at
    FROM settlement_commissions
    UNION ALL
    SELECT merchant_id, closing, payee_id, day, 0, 1, -amount,
           EXISTS (SELECT 1 FROM places
                   WHERE place = SUBSTRING_INDEX(closing_position, ':', 1)
                     AND seq >= CAST(SUBSTRING_INDEX(closing_position, ':', -1) AS SIGNED)),
           NULL, CONCAT(partition_no, ':', seq), SUBSTRING_INDEX(closing_position, '/', -1), NULL
    FROM settlement_receipts
) both_sides
GROUP BY merchant_id, closing, payee_id
