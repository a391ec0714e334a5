-- How far each projection has been compared with the ledger and found equal, the last time that `verify` ended well.
CREATE TABLE IF NOT EXISTS ledger_verifications (
    projection   VARCHAR(40)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    topic        VARCHAR(249) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    partition_no INT          NOT NULL,
    version      INT UNSIGNED NOT NULL COMMENT 'of the rows that were compared',
    seq          BIGINT       NOT NULL COMMENT 'of the last record whose rows were compared',
    verified_at  DATETIME(3)  NOT NULL COMMENT 'UTC',
    PRIMARY KEY (projection, topic, partition_no)
) ENGINE = InnoDB;
