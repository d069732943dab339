-- name: mark_planted
-- Writes down where a kind lies, and whether what hangs on it falls with it.
insert into dirt.planted select $kind, $table, row_id, $falls from victim where row_id is not null;

-- name: mark_taken
-- Keeps every later kind away from the customers of this one.
insert into dirt.taken select distinct customer_id from victim where customer_id is not null;

-- name: read_planted
-- The planted rows of every kind.
select distinct kind, table_name, id from dirt.planted order by all;

-- name: read_fallen
-- The rows that hang on a planted one, themselves not planted.
select distinct kind, table_name, id from dirt.fallen
except select kind, table_name, id from dirt.planted order by all;
