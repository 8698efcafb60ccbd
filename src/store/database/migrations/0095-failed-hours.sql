-- Queries must repeat the condition exactly (src/store/runs/read/counts.ts).
create index run_counts_failed on run_counts (at) where span = 3600000 and failed_attempts > 0;
