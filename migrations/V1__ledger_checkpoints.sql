-- How far each projection has got in each partition: the last accepted record, and the version of the rows.
-- A projector writes rows only in the transaction that moves its own row here, from exactly where it started.
-- While a rebuild fills version N beside the live one both have rows; the lowest version is the live one.
CREATE TABLE IF NOT EXISTS ledger_checkpoints (
    projection   VARCHAR(40)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    version      INT UNSIGNED NOT NULL COMMENT 'of the rows: a rebuild is one more',
    topic        VARCHAR(249) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    partition_no INT          NOT NULL,
    log_offset   BIGINT       NOT NULL COMMENT 'where the last accepted record lies in Kafka, -1 before the first',
    seq          BIGINT       NOT NULL COMMENT 'its number in the partition, 0 before the first',
    hash         BINARY(32)   NOT NULL COMMENT 'its SHA-256',
    term         BIGINT       NOT NULL,
    mapping      INT UNSIGNED NOT NULL COMMENT 'version of the code that maps events to these rows',
    retired      BOOLEAN      NOT NULL DEFAULT FALSE COMMENT 'a rebuild is swapping: nobody may write this version',
    updated_at   DATETIME(3)  NOT NULL COMMENT 'UTC',
    PRIMARY KEY (projection, version, topic, partition_no)
) ENGINE = InnoDB;
