-- Written without looking at the projector: what each closing of a branch or agency fixed, less the commissions received on its day. A
-- receipt belongs to the day of its event, but never to one that was closed before it: then to the one after.
SELECT HEX(payee_id) AS node, day, 'KRW' AS currency, COUNT(*) AS parts,
       CAST(SUM(entries) AS SIGNED) AS entries, CAST(SUM(received) AS SIGNED) AS received,
       CAST(SUM(closed) AS SIGNED) AS closed
FROM (
    SELECT payee_id, day, entries, commission_amount AS received, net - adjustments - commission_amount AS closed
    FROM settlement_closings
    WHERE payee_kind <> 'MERCHANT'
    UNION ALL
    SELECT payee_id, open_day, -1, -amount, 0
    FROM (
        SELECT payee_id, is_receipt, amount,
               GREATEST(day, COALESCE(DATE_ADD(MAX(closed_day) OVER (PARTITION BY partition_no, payee_id ORDER BY seq
                                                                     ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
                                               INTERVAL 1 DAY), day)) AS open_day
        FROM (
            SELECT partition_no, seq, payee_id, 1 AS is_receipt, amount, day, NULL AS closed_day
            FROM settlement_receipts
            UNION ALL
            SELECT partition_no, seq, payee_id, 0, 0, day, day
            FROM settlement_closings
            WHERE payee_kind <> 'MERCHANT'
        ) stream
    ) received
    WHERE is_receipt = 1
      AND EXISTS (SELECT 1 FROM settlement_closings c
                  WHERE c.payee_id = received.payee_id AND c.day = received.open_day AND c.payee_kind <> 'MERCHANT')
) both_sides
GROUP BY payee_id, day
