UPDATE ledger_checkpoints
SET log_offset = ?, seq = ?, hash = ?, term = ?, updated_at = UTC_TIMESTAMP(3)
WHERE projection = ? AND version = ? AND topic = ? AND partition_no = ?
  AND seq = ? AND hash = ? AND mapping = ? AND retired = FALSE
