-- The commissions that have arrived at a branch or agency, on its side: one row for each closing of a merchant. Rows are only ever
-- added. A receipt belongs to the settlement day max(day, the payee's last closed day + 1), which its closing names.
CREATE TABLE IF NOT EXISTS settlement_receipts (
    partition_no     INT          NOT NULL COMMENT 'the payee''s',
    seq              BIGINT       NOT NULL COMMENT 'of the event',
    payee_kind       VARCHAR(8)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'BRANCH | AGENCY',
    payee_id         BINARY(16)   NOT NULL,
    merchant_id      BINARY(16)   NOT NULL COMMENT 'whose sales it comes from',
    closing          BIGINT       NOT NULL COMMENT 'the merchant''s closing',
    closing_position VARCHAR(300) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'where that stands: topic/partition:seq',
    amount           BIGINT       NOT NULL COMMENT 'with VAT, signed',
    day              DATE         NOT NULL COMMENT 'of the event, in Asia/Seoul',
    received_at      DATETIME(3)  NOT NULL COMMENT 'UTC, the event''s own time',
    PRIMARY KEY (partition_no, seq),
    KEY by_payee   (payee_id, day),
    KEY by_day     (day),
    KEY by_closing (merchant_id, closing)
) ENGINE = InnoDB;
