-- name: begin
-- Open the read transaction; SQLite begins it with the first read that follows.
begin;

-- name: tables
-- Every ordinary table of the main database: no views, virtual or shadow tables. By name.
select name
  from pragma_table_list
 where schema = 'main' and type = 'table' and name not like 'sqlite~_%%' escape '~'
 order by name;

-- name: columns
-- The columns of one table, generated ones included, in table order. key_position: from 1.
select name,
       type as source_type,
       "notnull" = 0 as is_nullable,
       case when pk > 0 then pk end as key_position
  from pragma_table_xinfo(:table)
 where hidden <> 1
 order by cid;

-- name: schema_version
-- The first read of the file: it fails for what is no SQLite. One row.
select schema_version from pragma_schema_version;
