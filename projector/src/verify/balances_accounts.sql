-- Written without looking at the projector: every other account that follows from the tables, credits less debits, less what the tables
-- say, per partition and sub-ledger. Closed and payable: L11 of a merchant, L31 of a branch or agency, which holds what is not closed as
-- well. What is left out follows from nothing but the events: A10, A40, E10.
WITH payees AS (
    SELECT 'MERCHANT' AS kind, 'mer_' AS prefix, 'L11' AS owed_on
    UNION ALL SELECT 'BRANCH', 'brn_', 'L31'
    UNION ALL SELECT 'AGENCY', 'agn_', 'L31'
)
SELECT CONCAT(partition_no, ' ', account, ' ', holder) AS account, MIN(day) AS day, 'KRW' AS currency, COUNT(*) AS parts,
       CAST(SUM(balance) AS SIGNED) AS balance
FROM (
    SELECT partition_no, account, holder, day, credit - debit AS balance
    FROM ledger_balances
    WHERE account IN ('A20', 'A30', 'E20', 'E30', 'L11', 'L12', 'L13', 'L20', 'L31', 'L40', 'L41', 'R10')
    UNION ALL
    SELECT partition_no, owed_on, CONCAT(prefix, LOWER(HEX(payee_id))), day,
           -IF(kind = 'MERCHANT', c.payable, receivable - offset_amount - reserve_held)
    FROM settlement_closings c JOIN payees ON kind = payee_kind
    UNION ALL
    SELECT partition_no, 'L13', CONCAT(prefix, LOWER(HEX(payee_id))), day, offset_reserve - reserve_held
    FROM settlement_closings JOIN payees ON kind = payee_kind
    UNION ALL
    SELECT partition_no, 'A30', CONCAT(prefix, LOWER(HEX(payee_id))), day, receivable - offset_amount - offset_reserve
    FROM settlement_closings JOIN payees ON kind = payee_kind
    UNION ALL
    SELECT partition_no, owed_on, CONCAT(prefix, LOWER(HEX(payee_id))), day, -amount
    FROM settlement_receipts JOIN payees ON kind = payee_kind
    UNION ALL
    SELECT partition_no, owed_on, CONCAT(prefix, LOWER(HEX(payee_id))), day, -amount
    FROM settlement_movements m JOIN payees ON payees.kind = payee_kind
    WHERE m.kind IN ('WITHHELD', 'RELEASED', 'RESERVE_RELEASED') OR (m.kind = 'ADJUSTED' AND payee_kind <> 'MERCHANT')
    UNION ALL
    SELECT partition_no, IF(m.kind = 'RESERVE_RELEASED', 'L13', 'L12'), CONCAT(prefix, LOWER(HEX(payee_id))), day, amount
    FROM settlement_movements m JOIN payees ON payees.kind = payee_kind
    WHERE m.kind IN ('WITHHELD', 'RELEASED', 'RESERVE_RELEASED')
    UNION ALL
    SELECT partition_no, 'A30', CONCAT(prefix, LOWER(HEX(payee_id))), day, -amount
    FROM settlement_movements m JOIN payees ON payees.kind = payee_kind
    WHERE m.kind = 'WRITTEN_OFF'
    UNION ALL
    SELECT partition_no, IF(amount > 0, 'E30', 'R10'), IF(amount > 0, '', 'ADJUSTMENT'), day, amount
    FROM settlement_movements
    WHERE kind IN ('ADJUSTED', 'WRITTEN_OFF')
    UNION ALL
    SELECT partition_no, owed_on, CONCAT(prefix, LOWER(HEX(payee_id))), pay_out_date, amount
    FROM settlement_pay_outs JOIN payees ON kind = payee_kind
    WHERE state IN ('SENT', 'CONFIRMED')
    UNION ALL
    SELECT partition_no, 'L41', '', pay_out_date, -(income_tax + local_tax)
    FROM settlement_pay_outs
    WHERE state IN ('SENT', 'CONFIRMED')
    UNION ALL
    SELECT partition_no, IF(state = 'SENT', 'L20', 'A20'),
           IF(state = 'SENT', CONCAT(prefix, LOWER(HEX(payee_id))), CONCAT('bank/', bank_account)), pay_out_date, -transfer
    FROM settlement_pay_outs JOIN payees ON kind = payee_kind
    WHERE state IN ('SENT', 'CONFIRMED')
    UNION ALL
    SELECT partition_no, IF(payee_kind = 'MERCHANT', 'R10', 'E20'), IF(payee_kind = 'MERCHANT', 'FEE', ''), sold_date,
           IF(payee_kind = 'MERCHANT', -fee_supply, fee_supply)
    FROM settlement_entries
    UNION ALL
    SELECT partition_no, 'L40', '', sold_date, -fee_vat
    FROM settlement_entries
    WHERE payee_kind = 'MERCHANT'
) both_sides
GROUP BY partition_no, account, holder
