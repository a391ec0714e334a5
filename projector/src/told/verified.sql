INSERT INTO ledger_verifications (projection, topic, partition_no, version, seq, verified_at)
VALUES (?, ?, ?, ?, ?, UTC_TIMESTAMP(3))
ON DUPLICATE KEY UPDATE version = VALUE(version), seq = VALUE(seq), verified_at = VALUE(verified_at)
