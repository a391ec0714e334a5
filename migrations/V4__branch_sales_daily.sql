-- Sales of a branch by day sold and method, one row per partition that contributed: a total is their sum, taken when read.
CREATE TABLE IF NOT EXISTS branch_sales_daily (
    partition_no      INT         NOT NULL,
    agency_id         BINARY(16)  NOT NULL,
    branch_id         BINARY(16)  NOT NULL COMMENT 'the branch as it was at the sale',
    day               DATE        NOT NULL COMMENT 'sold date, in Asia/Seoul',
    method            VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    currency          CHAR(3)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    approval_count    BIGINT      NOT NULL,
    approval_amount   BIGINT      NOT NULL,
    cancel_count      BIGINT      NOT NULL,
    cancel_amount     BIGINT      NOT NULL COMMENT 'positive',
    net_amount        BIGINT      NOT NULL COMMENT 'approvals less cancels',
    fee_supply        BIGINT      NOT NULL COMMENT 'charged to merchants, less what was returned',
    fee_vat           BIGINT      NOT NULL,
    branch_commission BIGINT      NOT NULL COMMENT 'with VAT, less what was clawed back',
    agency_commission BIGINT      NOT NULL COMMENT 'with VAT, less what was clawed back',
    PRIMARY KEY (partition_no, branch_id, day, method, currency, agency_id),
    KEY by_branch (branch_id, day),
    KEY by_agency (agency_id, day),
    KEY by_day    (day)
) ENGINE = InnoDB;
