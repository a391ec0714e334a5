-- The double-entry ledger: what was posted to each account and sub-ledger by day, one row per partition that contributed. A balance
-- is the sum of all its days, taken when read.
CREATE TABLE IF NOT EXISTS ledger_balances (
    partition_no INT         NOT NULL,
    account      CHAR(3)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'A10 to E30',
    holder       VARCHAR(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL
        COMMENT 'nothing, a payee''s id, brn_ID/mer_ID, acquirer/NAME, bank/NAME, FEE, ADJUSTMENT',
    day          DATE        NOT NULL COMMENT 'of the event, in Asia/Seoul',
    debit        BIGINT      NOT NULL,
    credit       BIGINT      NOT NULL,
    PRIMARY KEY (partition_no, account, holder, day),
    KEY by_account (account, holder, day, debit, credit)
) ENGINE = InnoDB;
