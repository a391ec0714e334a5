-- What was sold under each agency and branch by day, once for every node of the path that the merchant had at the sale: a subtree of
-- any depth is one node's rows. The rows with is_top = 1 hold every sale once. One row per partition that contributed: a total is
-- their sum, taken when read.
CREATE TABLE IF NOT EXISTS branch_sales_by_day (
    partition_no     INT            NOT NULL,
    node_id          BINARY(16)     NOT NULL COMMENT 'an agency or a branch',
    day              DATE           NOT NULL COMMENT 'sold date, in Asia/Seoul',
    path             VARBINARY(128) NOT NULL COMMENT 'the ids from the agency down to the branch, as they were at the sale',
    method           VARCHAR(20)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    currency         CHAR(3)        CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    is_top           TINYINT        NOT NULL COMMENT '1 where the node is the first of the path',
    branch_id        BINARY(16)     NOT NULL COMMENT 'the last of the path',
    agency_id        BINARY(16)     NOT NULL COMMENT 'the first of the path',
    approval_count   BIGINT         NOT NULL,
    approval_amount  BIGINT         NOT NULL,
    cancel_count     BIGINT         NOT NULL,
    cancel_amount    BIGINT         NOT NULL COMMENT 'positive',
    net_amount       BIGINT         NOT NULL COMMENT 'approvals less cancels',
    fee_supply       BIGINT         NOT NULL COMMENT 'charged to merchants, less what was returned',
    fee_vat          BIGINT         NOT NULL,
    own_commission   BIGINT         NOT NULL COMMENT 'of the node, with VAT, less what was clawed back',
    below_commission BIGINT         NOT NULL COMMENT 'of the nodes below it on the path, likewise',
    PRIMARY KEY (partition_no, node_id, day, path, method, currency),
    KEY by_node (node_id, day),
    KEY by_top  (is_top, day)
) ENGINE = InnoDB;
