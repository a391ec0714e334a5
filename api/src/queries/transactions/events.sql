-- Only for a payment whose rows the caller may see: this table knows no scope.
SELECT seq, partition_no, type, occurred_at, actor, command_id, request_id, hash, data
FROM payment_events
WHERE payment_id = :payment_id
ORDER BY seq
