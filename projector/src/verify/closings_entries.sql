-- Written without looking at the projector: what each closing of a merchant fixed, less the merchant's settlement entries of that day
-- sold; what it closed besides adjustments must be what they pay out, and the last of them the one it names. A closing knows no
-- currency: the ledger's closings are in won alone.
SELECT HEX(payee_id) AS merchant, day, 'KRW' AS currency, COUNT(*) AS parts,
       CAST(SUM(entries) AS SIGNED) AS entries, CAST(SUM(sales) AS SIGNED) AS sales, CAST(SUM(sold) AS SIGNED) AS sold,
       CAST(SUM(cancels) AS SIGNED) AS cancels, CAST(SUM(cancelled) AS SIGNED) AS cancelled,
       CAST(SUM(fee_supply) AS SIGNED) AS fee_supply, CAST(SUM(fee_vat) AS SIGNED) AS fee_vat,
       CAST(SUM(pay_out) AS SIGNED) AS pay_out,
       CAST(COALESCE(MAX(through_seq), 0) - COALESCE(MAX(entry_seq), 0) AS SIGNED) AS through_seq
FROM (
    SELECT payee_id, day, entries, sale_count AS sales, sale_amount AS sold, cancel_count AS cancels,
           cancel_amount AS cancelled, fee_supply, fee_vat, net - adjustments AS pay_out, through_seq, NULL AS entry_seq
    FROM settlement_closings
    WHERE payee_kind = 'MERCHANT'
    UNION ALL
    SELECT payee_id, sold_date, -1, -IF(kind = 'SALE', 1, 0), -IF(kind = 'SALE', amount, 0), -IF(kind = 'CANCEL', 1, 0),
           IF(kind = 'CANCEL', amount, 0), -fee_supply, -fee_vat, -pay_out_amount, NULL, seq
    FROM settlement_entries e
    WHERE payee_kind = 'MERCHANT'
      AND EXISTS (SELECT 1 FROM settlement_closings c
                  WHERE c.payee_id = e.payee_id AND c.day = e.sold_date AND c.payee_kind = 'MERCHANT')
) both_sides
GROUP BY payee_id, day
