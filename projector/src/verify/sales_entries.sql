-- Written without looking at the projector: what each node of the tree earned by the branch sales, less its commission entries, per
-- node, day and currency.
SELECT HEX(node_id) AS node, day, currency, COUNT(*) AS parts, CAST(SUM(earned) AS SIGNED) AS earned
FROM (
    SELECT node_id, day, currency, own_commission AS earned
    FROM branch_sales_by_day
    UNION ALL
    SELECT payee_id, sold_date, currency, -pay_out_amount
    FROM settlement_entries
    WHERE payee_kind <> 'MERCHANT'
) both_sides
GROUP BY node_id, day, currency
