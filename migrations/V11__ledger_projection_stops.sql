-- Where a projection has stopped for good, and why: written by the projector that met it, taken away when one begins there again.
CREATE TABLE IF NOT EXISTS ledger_projection_stops (
    projection   VARCHAR(40)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    topic        VARCHAR(249)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    partition_no INT           NOT NULL,
    why          VARCHAR(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'for a person, with the position',
    stopped_at   DATETIME(3)   NOT NULL COMMENT 'UTC',
    PRIMARY KEY (projection, topic, partition_no)
) ENGINE = InnoDB;
