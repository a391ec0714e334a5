-- How far the live version of each projection has got; while a rebuild runs, its own rows have a higher version.
SELECT c.projection, c.topic, c.partition_no, c.seq
FROM ledger_checkpoints c
JOIN (SELECT projection, MIN(version) AS version FROM ledger_checkpoints GROUP BY projection) live
    ON live.projection = c.projection AND live.version = c.version
WHERE c.seq > 0
ORDER BY c.projection, c.topic, c.partition_no
