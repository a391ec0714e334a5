-- Written without looking at the projector: what stands in the delivery clearing (L32) of each partition, less the commissions that its
-- merchants' closings sent off, and the receipts of its nodes added: over all partitions exactly what is not delivered or under way.
SELECT partition_no, MIN(day) AS day, 'KRW' AS currency, COUNT(*) AS parts, CAST(SUM(clearing) AS SIGNED) AS clearing
FROM (
    SELECT partition_no, day, credit - debit AS clearing
    FROM ledger_balances
    WHERE account = 'L32'
    UNION ALL
    SELECT partition_no, day, -amount
    FROM settlement_commissions
    UNION ALL
    SELECT partition_no, day, amount
    FROM settlement_receipts
) all_sides
GROUP BY partition_no
