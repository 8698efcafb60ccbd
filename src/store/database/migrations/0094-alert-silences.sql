-- Workflows that send only recoveries. Null `until`: until a run that was created after `at` succeeds.
create table alert_silences (
  workflow_id {id} primary key not null references workflows (id),
  until {long},
  by_json text not null,
  at {long} not null
);
