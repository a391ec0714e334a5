-- Written without looking at the projector: what moved by the transactions, less the merchants' settlement entries, per
-- merchant, day and currency; the pay-out must be the amount less the fee.
SELECT HEX(merchant_id) AS merchant, day, currency, COUNT(*) AS parts,
       CAST(SUM(rows_) AS SIGNED) AS entries, CAST(SUM(amount) AS SIGNED) AS amount, CAST(SUM(supply) AS SIGNED) AS supply,
       CAST(SUM(vat) AS SIGNED) AS vat, CAST(SUM(tax_free) AS SIGNED) AS tax_free,
       CAST(SUM(fee_supply) AS SIGNED) AS fee_supply, CAST(SUM(fee_vat) AS SIGNED) AS fee_vat,
       CAST(SUM(pay_out) AS SIGNED) AS pay_out
FROM (
    SELECT merchant_id, sold_date AS day, currency, 1 AS rows_, amount, supply, vat, tax_free, fee_supply, fee_vat,
           amount - fee_supply - fee_vat AS pay_out
    FROM transactions
    WHERE result = 'DONE'
    UNION ALL
    SELECT merchant_id, sold_date, currency, -1, -amount, -sale_supply, -sale_vat, -sale_tax_free, -fee_supply, -fee_vat,
           -pay_out_amount
    FROM settlement_entries
    WHERE payee_kind = 'MERCHANT'
) both_sides
GROUP BY merchant_id, day, currency
