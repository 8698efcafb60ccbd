-- Filters of the list of workflows, with a name.
create table views (
  id {id} primary key not null,
  -- The id of a person, or of an API key that shared the view.
  owner_id {id} not null,
  name text not null,
  search text not null,
  shared integer not null,
  created_by_json text not null,
  created_at {long} not null
);
create index views_of_owner on views (owner_id);
