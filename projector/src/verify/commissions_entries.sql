-- Written without looking at the projector: the commissions of each closed day of a merchant, less the commission entries of that day
-- sold, per node.
SELECT CONCAT(HEX(payee_id), ' of ', HEX(merchant_id)) AS node, day, 'KRW' AS currency, COUNT(*) AS parts,
       CAST(SUM(earned) AS SIGNED) AS earned
FROM (
    SELECT merchant_id, payee_id, day, amount AS earned
    FROM settlement_commissions
    UNION ALL
    SELECT merchant_id, payee_id, sold_date, -pay_out_amount
    FROM settlement_entries e
    WHERE payee_kind <> 'MERCHANT'
      AND EXISTS (SELECT 1 FROM settlement_closings c
                  WHERE c.payee_id = e.merchant_id AND c.day = e.sold_date AND c.payee_kind = 'MERCHANT')
) both_sides
GROUP BY merchant_id, payee_id, day
