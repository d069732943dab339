-- name: begin
-- Open the one transaction that every table is read in; the server refuses writes in it.
start transaction with consistent snapshot, read only;

-- name: settings
-- TIMESTAMP columns are instants: let them come out in UTC. Let a long read live. Let no mode
-- change how a value is written. Before the transaction.
set session time_zone = '+00:00', sql_mode = '', net_write_timeout = 600, wait_timeout = 86400;

-- name: position
-- Where the transaction stands: MariaDB tells the binary log's place of the snapshot itself.
-- No row, or empty values, when there is no binary log. At most two rows.
select lower(variable_name) as name, variable_value as value
  from information_schema.session_status
 where variable_name in ('binlog_snapshot_file', 'binlog_snapshot_position')
 order by 1;

-- name: gtids
-- The transactions MySQL has executed; asked before and after the snapshot is opened, equal
-- answers are its exact position. One row. MariaDB has no such variable.
select @@global.gtid_executed as executed;

-- name: server
-- The server's version and its clock, with which a position without a log is told. One row.
select version() as version, utc_timestamp(6) as now;

-- name: columns
-- Every column of every table of the connection's database, with its storage engine.
-- One row a column, in table order.
select c.table_name as table_name,
       coalesce(t.engine, '') as engine,
       c.column_name as column_name,
       c.column_type as source_type,
       c.is_nullable = 'YES' as is_nullable,
       lower(c.data_type) as data_type,
       c.numeric_precision as numeric_precision,
       c.numeric_scale as numeric_scale,
       k.ordinal_position as key_position
  from information_schema.columns c
  join information_schema.tables t
    on t.table_schema = c.table_schema and t.table_name = c.table_name
  left join information_schema.key_column_usage k
    on k.table_schema = c.table_schema and k.table_name = c.table_name
   and k.column_name = c.column_name and k.constraint_name = 'PRIMARY'
 where c.table_schema = database()
   and t.table_type in ('BASE TABLE', 'SYSTEM VERSIONED')
 order by c.table_name, c.ordinal_position;
