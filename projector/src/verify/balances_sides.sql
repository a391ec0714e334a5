-- Written without looking at the projector: no account stands on its wrong side: assets (A) and expenses (E) are debits, liabilities (L)
-- and income (R) are credits. Whatever is not closed may: a day on which more goes back than was earned is owed by the payee until it is
-- closed. So L10 and L30, which hold nothing else, are left out, and L31 is taken without what its payee has not closed: received and
-- adjusted less closed. L32 carries such commissions from one to the other. A20 is left out as long as no deposits are recorded.
SELECT CONCAT(account, ' ', holder) AS account, MIN(day) AS day, 'KRW' AS currency, COUNT(*) AS parts,
       CAST(LEAST(SUM(IF(LEFT(account, 1) IN ('A', 'E'), -balance, balance)), 0) AS SIGNED) AS on_the_wrong_side
FROM (
    SELECT account, holder, day, credit - debit AS balance
    FROM ledger_balances
    WHERE account NOT IN ('L10', 'L30', 'L32', 'A20')
    UNION ALL
    SELECT 'L31', CONCAT(IF(payee_kind = 'BRANCH', 'brn_', 'agn_'), LOWER(HEX(payee_id))), day, -amount
    FROM settlement_receipts
    UNION ALL
    SELECT 'L31', CONCAT(IF(payee_kind = 'BRANCH', 'brn_', 'agn_'), LOWER(HEX(payee_id))), day, -amount
    FROM settlement_movements
    WHERE payee_kind <> 'MERCHANT' AND kind = 'ADJUSTED'
    UNION ALL
    SELECT 'L31', CONCAT(IF(payee_kind = 'BRANCH', 'brn_', 'agn_'), LOWER(HEX(payee_id))), day, net
    FROM settlement_closings
    WHERE payee_kind <> 'MERCHANT'
) sides
GROUP BY account, holder
