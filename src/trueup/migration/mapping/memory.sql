-- name: lay_out
-- Where a load's working file keeps what: records by outcome, repeats, own references, and how far it is.
create schema if not exists known;
create schema if not exists repeated;
create schema if not exists own;
create schema if not exists done;
create table if not exists done.survey (entity varchar);
create table if not exists done.chunk (entity varchar, chunk integer);

-- name: lay_out_entity
-- What became of each record so far, for the records that refer to it, and rows that repeat the key or
-- a unique value of an earlier row.
create table if not exists known.$entity (
    source_key varchar, bucket varchar, target_id blob, currency varchar, owner varchar, survivor_key varchar
);
create table if not exists repeated.$entity (
    row_number bigint, field varchar, value varchar, first_key varchar, is_same boolean
);

-- name: is_surveyed
-- Whether the whole table of an entity has been looked through.
select count(*) from done.survey where entity = '$entity';

-- name: is_remembered
-- Whether what became of a chunk's records is known.
select count(*) from done.chunk where entity = '$entity' and chunk = $chunk;

-- name: note_survey
-- The whole table of an entity has been looked through.
insert into done.survey values ('$entity');

-- name: note_chunk
-- What became of a chunk's records is known.
insert into done.chunk values ('$entity', $chunk);

-- name: begin_work
-- What follows is kept as a whole or not at all; of this working file, not of the books.
begin transaction;

-- name: keep_work
-- Keep it.
commit;

-- name: undo_work
-- Forget it.
rollback;
