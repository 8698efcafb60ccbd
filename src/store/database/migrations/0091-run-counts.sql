-- Counts of runs by the time of their creation, for spans of a minute up to a day. The empty workflow_id is all
-- workflows. `durations` is a histogram. Deleted runs stay counted.
create table run_counts (
  workflow_id {id} not null,
  tests integer not null,
  span {long} not null,
  at {long} not null,
  attempts {long} not null,
  failed_attempts {long} not null,
  calls {long} not null,
  failed_calls {long} not null,
  durations text not null,
  constraint run_counts_by_key primary key (workflow_id, tests, span, at)
) {clustered};
-- Of the spans that are deleted. Queries must repeat the condition exactly (src/store/runs/write/fold-counts.ts).
create index run_counts_by_age on run_counts (at) where span < 3600000;

-- Runs that were created from `since` to `until` are counted, except those of run_counts_open, which had not ended.
create table run_counts_reach (
  id integer primary key not null,
  since {long} not null,
  until {long} not null
);
create table run_counts_open (
  run_id {id} primary key not null
) {clustered};
