-- Of each kind of payee, payee, merchant and day sold of a JSON list: the closing that its entries are in. A merchant's is that of the
-- day itself; a branch's or agency's is that of the day on which the merchant's closing arrived there.
SELECT asked.no, c.seq, c.pay_out_date, c.payable
FROM JSON_TABLE(:asked, '$[*]' COLUMNS (
    no FOR ORDINALITY, payee_kind VARCHAR(8) PATH '$[0]', payee_id CHAR(32) PATH '$[1]', day DATE PATH '$[3]')) AS asked
STRAIGHT_JOIN settlement_closings c
    ON c.payee_id = UNHEX(asked.payee_id) AND c.payee_kind = asked.payee_kind AND c.day = asked.day
WHERE asked.payee_kind = 'MERCHANT'
UNION ALL
SELECT asked.no, c.seq, c.pay_out_date, c.payable
FROM JSON_TABLE(:asked, '$[*]' COLUMNS (
    no FOR ORDINALITY, payee_kind VARCHAR(8) PATH '$[0]', payee_id CHAR(32) PATH '$[1]', merchant_id CHAR(32) PATH '$[2]',
    day DATE PATH '$[3]')) AS asked
STRAIGHT_JOIN settlement_closings sold
    ON sold.payee_id = UNHEX(asked.merchant_id) AND sold.payee_kind = 'MERCHANT' AND sold.day = asked.day
STRAIGHT_JOIN settlement_receipts r
    ON r.merchant_id = sold.payee_id AND r.closing = sold.number
   AND r.payee_id = UNHEX(asked.payee_id) AND r.payee_kind = asked.payee_kind
STRAIGHT_JOIN settlement_closings c
    ON c.payee_id = r.payee_id AND c.payee_kind = r.payee_kind AND c.day = r.day AND c.seq > r.seq
WHERE asked.payee_kind <> 'MERCHANT'
