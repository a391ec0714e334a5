-- Every checkpoint, of rebuilds too: those have a higher version than the live one.
SELECT c.projection, c.version, c.mapping, c.topic, c.partition_no, c.seq,
       TIMESTAMPDIFF(MICROSECOND, c.updated_at, UTC_TIMESTAMP(3)) DIV 1000 AS still_ms,
       v.seq AS verified_seq, v.verified_at, s.why, s.stopped_at
FROM ledger_checkpoints c
LEFT JOIN ledger_verifications v
    ON v.projection = c.projection AND v.topic = c.topic AND v.partition_no = c.partition_no AND v.version = c.version
LEFT JOIN ledger_projection_stops s
    ON s.projection = c.projection AND s.topic = c.topic AND s.partition_no = c.partition_no
ORDER BY c.projection, c.version, c.topic, c.partition_no
