-- Runs that other runs called. `parent_waits` is 1 until the calling run got the end.
alter table runs add column parent_run_id {id};
alter table runs add column parent_waits integer;
-- The first attempt of the run that a call of `run` started.
alter table run_steps add column child_id {id};
create index run_steps_of_child on run_steps (child_id) where child_id is not null;
