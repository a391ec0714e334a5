-- Each pay-out with how far it is. One that failed, came back or was rejected is never sent again: what it would have paid is
-- proposed anew, under another id.
CREATE TABLE IF NOT EXISTS settlement_pay_outs (
    partition_no   INT          NOT NULL,
    pay_out_id     BINARY(16)   NOT NULL,
    payee_kind     VARCHAR(8)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'MERCHANT | BRANCH | AGENCY',
    payee_id       BINARY(16)   NOT NULL,
    number         BIGINT       NOT NULL COMMENT '1, 2, 3 of this payee',
    pay_out_date   DATE         NOT NULL COMMENT 'the day it is due, in Asia/Seoul',
    amount         BIGINT       NOT NULL COMMENT 'what the payee is owed',
    income_tax     BIGINT       NOT NULL COMMENT 'withheld of it',
    local_tax      BIGINT       NOT NULL COMMENT 'withheld of it',
    transfer       BIGINT       NOT NULL COMMENT 'what the bank transfers: the amount less both',
    state          VARCHAR(9)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL
        COMMENT 'PROPOSED | APPROVED | REJECTED | SENT | CONFIRMED | FAILED | RETURNED',
    proposed_by    BINARY(16)   NULL     COMMENT 'a key; none where the day came',
    approved_by    BINARY(16)   NULL,
    released_by    BINARY(16)   NULL,
    rejected_by    BINARY(16)   NULL,
    batch          VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL COMMENT 'the bank file it went with',
    bank_account   VARCHAR(64)  CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NULL COMMENT 'it was paid from, as finance calls it',
    bank_reference VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    paid_on        DATE         NULL,
    code           VARCHAR(64)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL COMMENT 'the bank''s, where it did not pay',
    message        VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL COMMENT 'the bank''s, or why it was rejected',
    proposed_at    DATETIME(3)  NOT NULL COMMENT 'UTC',
    updated_at     DATETIME(3)  NOT NULL COMMENT 'UTC, of the last event',
    last_seq       BIGINT       NOT NULL COMMENT 'of the last event',
    PRIMARY KEY (partition_no, pay_out_id),
    KEY by_id    (pay_out_id),
    KEY by_payee (payee_id, pay_out_date),
    KEY by_state (state, pay_out_date),
    KEY by_date  (pay_out_date)
) ENGINE = InnoDB;
