INSERT IGNORE INTO ledger_projection_stops (projection, topic, partition_no, why, stopped_at)
VALUES (?, ?, ?, ?, UTC_TIMESTAMP(3))
