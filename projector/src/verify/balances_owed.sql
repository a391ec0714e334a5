-- Written without looking at the projector: what each payee is owed altogether by the postings, less its unpaid entries:
--   L10 + L11 + L12 + L13 + L20 + L31 - A30
--     = its entries, or of a branch or agency the commissions it received
--     + adjustments
--     + write-offs, because what the payee no longer owes is no longer taken off
--     - pay-outs that the bank confirmed, each with its whole amount
--     - of pay-outs that are with the bank, only the tax withheld: it is owed to the tax office (L41) from then on.
-- A pay-out that failed, came back or was rejected takes nothing off. Closing, keeping back, withholding and releasing move what is owed
-- between these accounts and change nothing here.
SELECT holder AS payee, MIN(day) AS day, 'KRW' AS currency, COUNT(*) AS parts, CAST(SUM(owed) AS SIGNED) AS owed
FROM (
    SELECT holder, day, credit - debit AS owed
    FROM ledger_balances
    WHERE account IN ('L10', 'L11', 'L12', 'L13', 'L20', 'L31', 'A30')
    UNION ALL
    SELECT CONCAT('mer_', LOWER(HEX(payee_id))), sold_date, -pay_out_amount
    FROM settlement_entries
    WHERE payee_kind = 'MERCHANT'
    UNION ALL
    SELECT CONCAT(IF(payee_kind = 'BRANCH', 'brn_', 'agn_'), LOWER(HEX(payee_id))), day, -amount
    FROM settlement_receipts
    UNION ALL
    SELECT CONCAT(CASE payee_kind WHEN 'MERCHANT' THEN 'mer_' WHEN 'BRANCH' THEN 'brn_' ELSE 'agn_' END, LOWER(HEX(payee_id))),
           day, -amount
    FROM settlement_movements
    WHERE kind IN ('ADJUSTED', 'WRITTEN_OFF')
    UNION ALL
    SELECT CONCAT(CASE payee_kind WHEN 'MERCHANT' THEN 'mer_' WHEN 'BRANCH' THEN 'brn_' ELSE 'agn_' END, LOWER(HEX(payee_id))),
           pay_out_date, IF(state = 'CONFIRMED', amount, income_tax + local_tax)
    FROM settlement_pay_outs
    WHERE state IN ('CONFIRMED', 'SENT')
) both_sides
GROUP BY holder
