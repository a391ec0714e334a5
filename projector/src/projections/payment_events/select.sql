SELECT payment_id, seq, partition_no, type, occurred_at, actor, command_id, request_id, hash, data
FROM `payment_events`
WHERE partition_no = ?
ORDER BY payment_id, seq
