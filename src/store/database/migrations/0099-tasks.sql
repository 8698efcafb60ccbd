-- Questions of waiting runs to people. `first_id` is the first attempt of the run, `run_id` the one that asked. `shown`
-- and `answer` are redacted JSON: the run's own row in run_steps has the original until the run has ended.
create table tasks (
  id {id} primary key,
  first_id {id} not null,
  run_id {id} not null,
  workflow_id {id} not null,
  name_json text not null,
  status text not null,
  shown {bytes},
  answer {bytes},
  created_at {long} not null,
  due_at {long} not null
);
create index tasks_of_run on tasks (first_id);
create index tasks_by_status on tasks (status, created_at, id);
-- Addresses, and the groups `owners` and `editors`.
create table task_people (
  who text not null,
  task_id {id} not null,
  constraint task_people_by_who primary key (who, task_id)
) {clustered};
create index task_people_of_task on task_people (task_id);
-- People who started or continued a durable run, and so answer none of its tasks.
create table run_starters (
  run_id {id} not null,
  person_id text not null,
  email text not null,
  constraint run_starters_by_run primary key (run_id, person_id)
) {clustered};
-- When the role of a person changed last. API keys from before do not answer tasks.
create table role_changes (
  person_id text primary key,
  at {long} not null
);
