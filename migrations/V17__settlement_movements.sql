-- What people and dates changed besides closings and pay-outs, and what was proposed to a second person. Rows are only ever added.
CREATE TABLE IF NOT EXISTS settlement_movements (
    partition_no INT          NOT NULL,
    seq          BIGINT       NOT NULL COMMENT 'of the event',
    payee_kind   VARCHAR(8)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'MERCHANT | BRANCH | AGENCY',
    payee_id     BINARY(16)   NOT NULL,
    kind         VARCHAR(16)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL
        COMMENT 'WITHHELD | RELEASED | RESERVE_RELEASED | ADJUSTED | WRITTEN_OFF | PROPOSED',
    wish         VARCHAR(16)  CHARACTER SET ascii COLLATE ascii_bin NULL
        COMMENT 'of a proposal: ADJUSTMENT | WRITE_OFF | RESERVE_RELEASE',
    amount       BIGINT       NOT NULL COMMENT 'positive in the payee''s favour; of a proposal that names none: 0',
    closing      BIGINT       NULL     COMMENT 'the closing it is about',
    pay_out_date DATE         NULL     COMMENT 'when what was released is due',
    day          DATE         NOT NULL COMMENT 'in Asia/Seoul: the settlement day of an adjustment, otherwise the event''s',
    reason       VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    document     VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    done_by      BINARY(16)   NULL     COMMENT 'a key: who withheld or released alone',
    proposed_by  BINARY(16)   NULL     COMMENT 'a key',
    confirmed_by BINARY(16)   NULL     COMMENT 'another key',
    proposal_id  BINARY(16)   NULL,
    occurred_at  DATETIME(3)  NOT NULL COMMENT 'UTC, the event''s own time',
    PRIMARY KEY (partition_no, seq),
    KEY by_payee (payee_id, day)
) ENGINE = InnoDB;
