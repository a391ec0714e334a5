-- Written without looking at the projector: the commissions of the branch sales, less the commission entries, per
-- branch, day and currency.
SELECT HEX(branch_id) AS branch, day, currency, COUNT(*) AS parts,
       CAST(SUM(of_branch) AS SIGNED) AS of_branch, CAST(SUM(of_agency) AS SIGNED) AS of_agency
FROM (
    SELECT branch_id, day, currency, branch_commission AS of_branch, agency_commission AS of_agency
    FROM branch_sales_daily
    UNION ALL
    SELECT branch_id, sold_date, currency, IF(payee_kind = 'BRANCH', -pay_out_amount, 0),
           IF(payee_kind = 'AGENCY', -pay_out_amount, 0)
    FROM settlement_entries
    WHERE payee_kind <> 'MERCHANT'
) both_sides
GROUP BY branch_id, day, currency
