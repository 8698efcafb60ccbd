-- Outcomes that wait for a person, and what became of them. `data` is encrypted: the decision, until it ends.
create table decision_proposals (
  task_id {id} primary key not null,
  decision_id {id} not null,
  workflow_id {id} not null,
  run_id {id} not null,
  first_id {id} not null,
  call text not null,
  proposed text not null,
  reason_required integer not null,
  status text not null,
  data {bytes},
  subject_hash text,
  created_at {long} not null,
  ended_at {long},
  outcome text,
  reviewer_id {id},
  reviewer_name text,
  kept_until {long} not null
);
create index decision_proposals_by_time on decision_proposals (workflow_id, created_at);
create index decision_proposals_by_run on decision_proposals (first_id);
