-- Of a projection that is no more.
DELETE FROM ledger_checkpoints WHERE projection = 'branch_sales_daily';
