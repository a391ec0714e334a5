-- The rows behind those sums, in the order in which they are listed.
CREATE TABLE IF NOT EXISTS branch_sale_rows (
    node_id          BINARY(16)     NOT NULL COMMENT 'an agency or a branch',
    sold_date        DATE           NOT NULL COMMENT 'in Asia/Seoul',
    transaction_id   BINARY(16)     NOT NULL COMMENT 'the row of transactions: the payment, or the cancel',
    partition_no     INT            NOT NULL,
    path             VARBINARY(128) NOT NULL COMMENT 'the ids from the agency down to the branch, as they were at the sale',
    branch_id        BINARY(16)     NOT NULL COMMENT 'the last of the path',
    agency_id        BINARY(16)     NOT NULL COMMENT 'the first of the path',
    kind             VARCHAR(8)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'APPROVAL | CANCEL',
    hour             TINYINT        NOT NULL COMMENT 'as in branch_sales_by_hour',
    payment_id       BINARY(16)     NOT NULL,
    merchant_id      BINARY(16)     NOT NULL,
    order_id         VARCHAR(64)    CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    method           VARCHAR(20)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    currency         CHAR(3)        CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    net_amount       BIGINT         NOT NULL COMMENT 'negative of a cancel',
    fee_supply       BIGINT         NOT NULL COMMENT 'negative where it was returned',
    fee_vat          BIGINT         NOT NULL,
    own_commission   BIGINT         NOT NULL COMMENT 'of the node, with VAT; negative where it was clawed back',
    below_commission BIGINT         NOT NULL COMMENT 'of the nodes below it on the path, likewise',
    occurred_at      DATETIME(3)    NOT NULL COMMENT 'UTC, the event''s own time',
    PRIMARY KEY (node_id, sold_date, transaction_id)
) ENGINE = InnoDB;
