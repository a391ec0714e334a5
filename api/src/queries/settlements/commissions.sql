-- The commissions of the closings at these places, a JSON list of partition and seq. A merchant does not see what others earn on its
-- sales, and no node what another one does: the rows are those of whoever earns.
SELECT partition_no, seq, payee_kind, payee_id, amount, delivered_position, delivered_at
FROM (
    SELECT c.partition_no, c.seq, c.entry_no, c.node_kind AS payee_kind, c.payee_id, c.amount, c.delivered_position, c.delivered_at
    FROM JSON_TABLE(:places, '$[*]' COLUMNS (partition_no INT PATH '$[0]', seq BIGINT PATH '$[1]')) AS place
    STRAIGHT_JOIN settlement_commissions AS c ON c.partition_no = place.partition_no AND c.seq = place.seq
) earned
WHERE /*confined*/ TRUE
ORDER BY partition_no, seq, entry_no
