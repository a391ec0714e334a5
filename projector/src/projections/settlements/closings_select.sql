SELECT partition_no, seq, payee_kind, payee_id, number, day, sale_count, sale_amount, cancel_count, cancel_amount, fee_supply,
       fee_vat, commission_amount, adjustments, net, offset_amount, offset_reserve, reserve_held, reserve_until, receivable,
       payable, pay_out_date, entries, entries_hash, through_seq, open_count, terms, terms_version, closed_at
FROM `settlement_closings`
WHERE partition_no = ?
ORDER BY seq
