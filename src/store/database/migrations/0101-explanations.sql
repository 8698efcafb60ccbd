-- What would have changed a decision. `details` is encrypted: the changes, and why it failed.
create table decision_explanations (
  id {id} primary key not null,
  decision_id {id} not null,
  workflow_id {id} not null,
  run_id {id} not null,
  status text not null,
  tried integer not null,
  details {bytes},
  created_at {long} not null,
  created_by_json text not null,
  finished_at {long},
  server_id {id} not null
);
create index decision_explanations_by_decision on decision_explanations (decision_id, created_at);
create index decision_explanations_by_run on decision_explanations (run_id);
