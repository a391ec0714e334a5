-- What each node of the tree earned on each closing of a merchant, or gives back: written by the closing, on the merchant's side, and
-- changed once, when the merchant's owner knows that it has arrived.
CREATE TABLE IF NOT EXISTS settlement_commissions (
    partition_no       INT          NOT NULL COMMENT 'the merchant''s',
    seq                BIGINT       NOT NULL COMMENT 'of the closing',
    entry_no           INT          NOT NULL COMMENT '0, 1, 2 in the order of the closing',
    merchant_id        BINARY(16)   NOT NULL,
    closing            BIGINT       NOT NULL COMMENT 'its number',
    day                DATE         NOT NULL COMMENT 'the day sold, in Asia/Seoul',
    node_kind          VARCHAR(8)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'BRANCH | AGENCY',
    payee_id           BINARY(16)   NOT NULL COMMENT 'who earns',
    amount             BIGINT       NOT NULL COMMENT 'with VAT, signed',
    delivered_seq      BIGINT       NULL     COMMENT 'of the event that says it has arrived',
    delivered_position VARCHAR(300) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'where its receipt stands: topic/partition:seq',
    delivered_at       DATETIME(3)  NULL     COMMENT 'UTC',
    PRIMARY KEY (partition_no, seq, entry_no),
    KEY by_merchant (merchant_id, delivered_seq),
    KEY by_payee    (payee_id, day)
) ENGINE = InnoDB;
