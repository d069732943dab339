-- name: begin
-- Open the one transaction that every table is read in; the server refuses writes in it.
start transaction with consistent snapshot, read only;

-- name: utc
-- Make TIMESTAMP columns, which are instants, come out in UTC. Before the transaction.
set session time_zone = '+00:00';

-- name: lift_limits
-- Let a long read live. Before the transaction.
set session net_write_timeout = 600, net_read_timeout = 600, wait_timeout = 86400;

-- name: position
-- Where the transaction stands: MariaDB tells the binary log's place of the snapshot itself.
-- No row, or empty values, when there is no binary log. At most two rows.
select lower(variable_name) as name, variable_value as value
  from information_schema.session_status
 where variable_name in ('binlog_snapshot_file', 'binlog_snapshot_position')
 order by 1;

-- name: server
-- The server's version and its clock, with which a position without a log is told. One row.
select version() as version, date_format(utc_timestamp(6), '%%Y-%%m-%%dT%%H:%%i:%%s.%%fZ') as now;

-- name: columns
-- Every column of every table of the connection's database, with its storage engine.
-- One row a column, in table order.
select c.table_name as table_name,
       coalesce(t.engine, '') as engine,
       c.column_name as column_name,
       convert(c.column_type using utf8mb4) as source_type,
       c.is_nullable = 'YES' as is_nullable,
       lower(convert(c.data_type using utf8mb4)) as data_type,
       coalesce(c.collation_name, '') as collation_name,
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
