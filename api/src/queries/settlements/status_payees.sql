-- Whoever has an account, in the order of their ids as text: a merchant has one from its first sale on (L10), a branch or agency from
-- its first commission on, earned (L30) or received (L31).
SELECT holder, payee_kind, payee_id
FROM (
    SELECT holder, UNHEX(SUBSTR(holder, 5)) AS payee_id,
           CASE LEFT(holder, 4) WHEN 'mer_' THEN 'MERCHANT' WHEN 'brn_' THEN 'BRANCH' ELSE 'AGENCY' END AS payee_kind
    FROM (
        (SELECT DISTINCT holder
         FROM ledger_balances
         WHERE account = 'L10' AND holder > :after AND (:holder IS NULL OR holder = :holder)
         ORDER BY holder LIMIT :limit)
        UNION
        (SELECT DISTINCT holder
         FROM ledger_balances
         WHERE account = 'L31' AND holder > :after AND (:holder IS NULL OR holder = :holder)
         ORDER BY holder LIMIT :limit)
        UNION
        -- brn_ID/mer_ID: all of one node lie between brn_ID/ and brn_ID0.
        (SELECT DISTINCT SUBSTRING_INDEX(holder, '/', 1) AS node
         FROM ledger_balances
         WHERE account = 'L30' AND holder >= CONCAT(:after, '0')
           AND (:holder IS NULL OR (holder >= CONCAT(:holder, '/') AND holder < CONCAT(:holder, '0')))
         ORDER BY node LIMIT :limit)
    ) holders
) payees
WHERE /*confined*/ TRUE
ORDER BY holder
LIMIT :limit
