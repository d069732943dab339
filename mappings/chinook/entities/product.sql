-- Every track is on sale: the source knows no other.
select row_number, track_id as source_key, name, true as is_active from chunk
