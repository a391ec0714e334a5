INSERT INTO ledger_checkpoints
    (projection, version, topic, partition_no, log_offset, seq, hash, term, mapping, retired, updated_at)
VALUES (?, ?, ?, ?, -1, 0, REPEAT(X'00', 32), 0, ?, FALSE, UTC_TIMESTAMP(3))
