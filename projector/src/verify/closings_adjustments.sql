-- Written without looking at the projector: the adjustments that each closing took in, less those that two people decided for its day;
-- and what a closing leaves must be what it closed: what it makes good, keeps back and pays out, less what the payee owes by it.
SELECT HEX(payee_id) AS payee, day, 'KRW' AS currency, COUNT(*) AS parts,
       CAST(SUM(adjusted) AS SIGNED) AS adjusted, CAST(SUM(left_over) AS SIGNED) AS left_over
FROM (
    SELECT payee_id, day, adjustments AS adjusted, net + receivable - offset_amount - reserve_held - payable AS left_over
    FROM settlement_closings
    UNION ALL
    SELECT payee_id, day, -amount, 0
    FROM settlement_movements m
    WHERE kind = 'ADJUSTED'
      AND EXISTS (SELECT 1 FROM settlement_closings c WHERE c.payee_id = m.payee_id AND c.day = m.day)
) both_sides
GROUP BY payee_id, day
