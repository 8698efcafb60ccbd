-- 1: the run is counted as an attempt. Its outcome is counted when it has ended. 0: nothing of it is counted.
alter table run_counts_open add column counted integer not null default 0;
-- Queries must repeat the condition exactly (src/store/runs/read/counted-runs.ts).
create index run_counts_open_uncounted on run_counts_open (run_id) where counted = 0;
