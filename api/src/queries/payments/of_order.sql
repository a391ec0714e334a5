-- Every payment attempt of a merchant's order, oldest first.
SELECT id
FROM transactions
WHERE order_id = :order_id AND merchant_id = :merchant_id AND kind = 'APPROVAL'
ORDER BY id
