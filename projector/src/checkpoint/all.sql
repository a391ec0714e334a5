SELECT version, topic, partition_no, log_offset, seq, hash, term, mapping, retired
FROM ledger_checkpoints
WHERE projection = ?
ORDER BY version, topic, partition_no
