create table internal_hosts (
  id {id} primary key,
  host text not null,
  -- Null: all workflows.
  workflows_json text,
  note text not null,
  created_by_json text not null,
  created_at {long} not null
);
