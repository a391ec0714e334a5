-- What the ledger holds of one payment, in order, with the place of each event and the command that became it.
SELECT seq, partition_no, type, command_id, data
FROM payment_events
WHERE payment_id = :payment_id
ORDER BY seq
