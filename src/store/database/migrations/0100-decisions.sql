alter table workflows add column decisions_json text;
alter table erasures add column decisions_json text;

-- Records of decisions about people. `record` is hashed. `data` is encrypted, and null after an erasure. `call`: the
-- use of `decide` in the run whose first attempt is `first_id`.
create table decisions (
  id {id} primary key not null,
  workflow_id {id} not null,
  number integer not null,
  run_id {id} not null,
  first_id {id} not null,
  call text not null,
  at {long} not null,
  outcome text not null,
  -- Null: no person was asked.
  oversight text,
  record text not null,
  sha256 text not null,
  subject_hash text,
  data {bytes},
  erased_at {long},
  kept_until {long} not null
);
create unique index decisions_by_number on decisions (workflow_id, number);
create unique index decisions_by_call on decisions (first_id, call);
create index decisions_by_time on decisions (at, id);
create index decisions_by_subject on decisions (subject_hash) where subject_hash is not null;
-- Attributes of people, for the impact table only.
create table decision_attributes (
  decision_id {id} primary key not null,
  workflow_id {id} not null,
  data {bytes} not null
) {clustered};
-- The ends of each chain. The records before `first_number` were deleted at the end of their time.
create table decision_chains (
  workflow_id {id} primary key not null,
  last_number integer not null,
  last_sha256 text not null,
  first_number integer not null,
  first_previous text not null,
  anchored_number integer not null,
  anchored_at {long} not null
) {clustered};
-- An erasure empties the data of a record. Nothing else of it ever changes.
-- sqlite:
create trigger decisions_never_change before update on decisions
  when new.id is not old.id or new.workflow_id is not old.workflow_id or new.number is not old.number
    or new.run_id is not old.run_id or new.first_id is not old.first_id or new.call is not old.call
    or new.at is not old.at or new.outcome is not old.outcome or new.oversight is not old.oversight
    or new.record is not old.record or new.sha256 is not old.sha256 or new.kept_until is not old.kept_until
    or (old.data is null and new.data is not null) or (old.erased_at is not null and new.erased_at is not old.erased_at)
  begin
    select raise(abort, 'a decision never changes');
  end;

-- sqlite:
create trigger decisions_are_kept before delete on decisions
  when old.number >= (select first_number from decision_chains where workflow_id = old.workflow_id)
  begin
    select raise(abort, 'a decision is kept until its time is over');
  end;

-- postgres:
create function refuse_decision_change() returns trigger language plpgsql as
  $$begin
    if tg_op = 'UPDATE' then
      if (new.id, new.workflow_id, new.number, new.run_id, new.first_id, new.call, new.at, new.outcome, new.record,
          new.sha256, new.kept_until) is distinct from (old.id, old.workflow_id, old.number, old.run_id, old.first_id,
          old.call, old.at, old.outcome, old.record, old.sha256, old.kept_until)
        or new.oversight is distinct from old.oversight or (old.data is null and new.data is not null)
        or (old.erased_at is not null and new.erased_at is distinct from old.erased_at)
      then raise exception 'a decision never changes'; end if;
      return new;
    end if;
    if old.number >= (select first_number from decision_chains where workflow_id = old.workflow_id)
    then raise exception 'a decision is kept until its time is over'; end if;
    return old;
  end$$;

-- postgres:
create trigger decisions_never_change before update or delete on decisions
  for each row execute function refuse_decision_change();
