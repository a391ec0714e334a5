-- Every event of every payment as the ledger holds it, for the read of one transaction with its history.
CREATE TABLE IF NOT EXISTS payment_events (
    payment_id   BINARY(16)   NOT NULL,
    seq          BIGINT       NOT NULL,
    partition_no INT          NOT NULL,
    type         VARCHAR(80)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    occurred_at  DATETIME(3)  NOT NULL COMMENT 'UTC, the event''s own time',
    actor        VARCHAR(80)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    command_id   BINARY(16)   NOT NULL,
    request_id   VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    hash         BINARY(32)   NOT NULL COMMENT 'the record''s, so that a row can be matched to the chain',
    data         MEDIUMTEXT   CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'the value, byte for byte',
    PRIMARY KEY (payment_id, seq)
) ENGINE = InnoDB;
