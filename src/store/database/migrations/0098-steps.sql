-- 1: the code imports `workflows`, so its runs store their steps. Versions from before have a module of their own.
alter table versions add column durable integer not null default 0;

-- Null in runs that are not durable. `parts`: how often the run was begun. `steps`: stored steps. `logged_parts`: the
-- last part whose log is stored. `turned_at`: when the current part or wait began. `waited_ms`: ended waits.
alter table runs add column parts integer;
alter table runs add column steps integer;
alter table runs add column logged_parts integer;
alter table runs add column turned_at {long};
alter table runs add column waited_ms {long};
-- What a waiting run waits for, as JSON.
alter table runs add column waiting_json text;
-- Stored calls. `run_id` is the first attempt of the run. `data` is encrypted and deleted when the run can no longer
-- continue, `shown` is redacted. `is_end` is 1 for the failure that ended an attempt, which the next attempt repeats.
create table run_steps (
  run_id {id} not null,
  kind text not null,
  name_json text not null,
  number integer not null,
  workflow_id {id} not null,
  position integer not null,
  status text not null,
  data {bytes},
  shown {bytes},
  attempts integer not null,
  started_at {long} not null,
  finished_at {long},
  until {long},
  part integer not null,
  attempt integer not null,
  is_end integer not null default 0,
  constraint run_steps_by_key primary key (run_id, kind, name_json, number)
) {clustered};
create index run_steps_waiting on run_steps (kind) where status = 'waiting';
