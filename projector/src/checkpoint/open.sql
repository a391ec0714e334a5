-- A partition the projection has not begun: at the version that is live at this very moment, 1 if there is none, and with the mapping
-- that made that version.
INSERT IGNORE INTO ledger_checkpoints
    (projection, version, topic, partition_no, log_offset, seq, hash, term, mapping, retired, updated_at)
SELECT ?, COALESCE(MIN(version), 1), ?, ?, -1, 0, REPEAT(X'00', 32), 0,
    COALESCE((SELECT live.mapping FROM ledger_checkpoints live WHERE live.projection = ? ORDER BY live.version LIMIT 1), ?),
    COALESCE(MAX(retired), FALSE), UTC_TIMESTAMP(3)
FROM ledger_checkpoints
WHERE projection = ?
