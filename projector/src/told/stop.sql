INSERT INTO ledger_projection_stops (projection, topic, partition_no, why, stopped_at)
VALUES (?, ?, ?, ?, UTC_TIMESTAMP(3))
ON DUPLICATE KEY UPDATE why = VALUE(why), stopped_at = VALUE(stopped_at)
