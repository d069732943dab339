-- name: made_columns
-- Every column of the finished tables, in the order of their table.
select table_name, column_name, data_type from duckdb_columns()
 where schema_name = 'legacy' order by table_name, column_index;

-- name: attached_tables
-- The tables in the attached destination.
select table_name from duckdb_tables() where database_name = 'destination';

-- name: mysql_tables
-- The tables in the database of the connection.
select table_name from information_schema.tables where table_schema = database();

-- name: permissive_mode
-- Lets the session store what old servers stored: zero dates, years before 1000.
set session sql_mode = '';

-- name: plant_zero_date
-- A date that only this engine can say, which the workshop's types cannot hold.
update legacy_invoices set voided_date = '0000-00-00 00:00:00' where id = %s;
