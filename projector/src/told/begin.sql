DELETE FROM ledger_projection_stops WHERE topic = ? AND partition_no = ?
