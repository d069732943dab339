-- What several statements share.

-- The place of each line on its invoice, by id.
create or replace temp macro positions() as table
select invoice_line_id, row_number() over (partition by invoice_id order by invoice_line_id) as position
  from source.invoice_line;

-- What a track is called on an invoice: 70 names are borne by several.
create or replace temp macro track_titles() as table
select track_id, concat_ws(', ', track.name, artist.name, album.title) as title
  from source.track track
  left join source.album album on album.album_id = track.album_id
  left join source.artist artist on artist.artist_id = album.artist_id;
