-- A run that is stored after its time was counted is counted when it has ended. The trigger sees each way to store runs.
-- sqlite:
create trigger runs_stored_late after insert on runs
  when new.created_at < (select until from run_counts_reach) begin
    insert into run_counts_open (run_id) select new.id from run_counts_reach where new.created_at >= since;
  end;

-- postgres:
create function note_late_runs() returns trigger language plpgsql as
  $$begin
    insert into run_counts_open (run_id) select stored.id from stored, run_counts_reach
      where stored.created_at < until and stored.created_at >= since;
    return null;
  end$$;

-- postgres:
create trigger runs_stored_late after insert on runs referencing new table as stored
  for each statement execute function note_late_runs();
