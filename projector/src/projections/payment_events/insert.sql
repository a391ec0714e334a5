INSERT INTO `payment_events` (payment_id, seq, partition_no, type, occurred_at, actor, command_id, request_id, hash, data)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
