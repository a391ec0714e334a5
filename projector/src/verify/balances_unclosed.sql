-- Written without looking at the projector: what is not closed by the postings, less the entries whose day sold has no closing. Of a
-- merchant (L10) its own entries and adjustments, of a node and merchant (L30) the commission entries.
SELECT holder, MIN(day) AS day, 'KRW' AS currency, COUNT(*) AS parts, CAST(SUM(unclosed) AS SIGNED) AS unclosed
FROM (
    SELECT holder, day, credit - debit AS unclosed
    FROM ledger_balances
    WHERE account IN ('L10', 'L30')
    UNION ALL
    SELECT CONCAT(CASE payee_kind WHEN 'MERCHANT' THEN '' WHEN 'BRANCH' THEN CONCAT('brn_', LOWER(HEX(payee_id)), '/')
                                  ELSE CONCAT('agn_', LOWER(HEX(payee_id)), '/') END,
                  'mer_', LOWER(HEX(merchant_id))),
           sold_date, -pay_out_amount
    FROM settlement_entries e
    WHERE NOT EXISTS (SELECT 1 FROM settlement_closings c
                      WHERE c.payee_id = e.merchant_id AND c.day = e.sold_date AND c.payee_kind = 'MERCHANT')
    UNION ALL
    SELECT CONCAT('mer_', LOWER(HEX(payee_id))), day, -amount
    FROM settlement_movements m
    WHERE payee_kind = 'MERCHANT' AND kind = 'ADJUSTED'
      AND NOT EXISTS (SELECT 1 FROM settlement_closings c
                      WHERE c.payee_id = m.payee_id AND c.day = m.day AND c.payee_kind = 'MERCHANT')
) both_sides
GROUP BY holder
