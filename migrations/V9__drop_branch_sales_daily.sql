-- branch_sales_by_day and branch_sales_by_hour take its place: it knew no tree above the branch.
DROP TABLE IF EXISTS branch_sales_daily;
