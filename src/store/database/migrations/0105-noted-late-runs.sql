-- The server notes the runs itself (src/store/runs/write/late-runs.ts).
-- sqlite:
drop trigger runs_stored_late;
