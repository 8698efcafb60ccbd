-- The position of a decision is the serial of its chain × 2^32 + its number. A chain is a range of positions. Decisions
-- whose chain was deleted get positions outside every chain.
create table decision_serials as
  select workflow_id, row_number() over (order by workflow_id) as serial
  from (select workflow_id from decision_chains union select workflow_id from decisions) as workflow_ids;
alter table decision_chains add column serial integer not null default 0;
update decision_chains
  set serial = (select serial from decision_serials where decision_serials.workflow_id = decision_chains.workflow_id);
create unique index decision_chains_by_serial on decision_chains (serial);
drop index decisions_by_number;
drop index decisions_by_time;
-- A person's decisions are found in the entries of this index.
drop index decisions_by_subject;

-- sqlite:
create table decisions_in_order (
  position integer primary key not null,
  id {id} not null,
  workflow_id {id} not null,
  number integer not null,
  run_id {id} not null,
  first_id {id} not null,
  call text not null,
  at {long} not null,
  outcome text not null,
  oversight text,
  record text not null,
  sha256 text not null,
  subject_hash text,
  data {bytes},
  erased_at {long},
  kept_until {long} not null
);

-- sqlite:
insert into decisions_in_order
  select serial * 4294967296 + number, id, workflow_id, number, run_id, first_id, call, at, outcome, oversight, record,
    sha256, subject_hash, data, erased_at, kept_until
  from decisions join decision_serials using (workflow_id) order by serial, number;

-- sqlite:
drop table decisions;

-- sqlite:
alter table decisions_in_order rename to decisions;

-- sqlite:
create trigger decisions_never_change before update on decisions
  when new.position is not old.position
    or new.id is not old.id or new.workflow_id is not old.workflow_id or new.number is not old.number
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
alter table decisions add column position bigint;

-- postgres:
update decisions set position = serial * 4294967296 + number
  from decision_serials where decision_serials.workflow_id = decisions.workflow_id;

-- postgres:
alter table decisions alter column position set not null;

-- postgres:
alter table decisions drop constraint decisions_pkey;

-- postgres:
alter table decisions add primary key (position);

-- postgres:
create or replace function refuse_decision_change() returns trigger language plpgsql as
  $$begin
    if tg_op = 'UPDATE' then
      if (new.position, new.id, new.workflow_id, new.number, new.run_id, new.first_id, new.call, new.at, new.outcome,
          new.record, new.sha256, new.kept_until) is distinct from (old.position, old.id, old.workflow_id, old.number,
          old.run_id, old.first_id, old.call, old.at, old.outcome, old.record, old.sha256, old.kept_until)
        or new.oversight is distinct from old.oversight or (old.data is null and new.data is not null)
        or (old.erased_at is not null and new.erased_at is distinct from old.erased_at)
      then raise exception 'a decision never changes'; end if;
      return new;
    end if;
    if old.number >= (select first_number from decision_chains where workflow_id = old.workflow_id)
    then raise exception 'a decision is kept until its time is over'; end if;
    return old;
  end$$;

drop table decision_serials;
create index decisions_by_time on decisions (at, subject_hash);
-- Other ids contain their position.
create index decisions_by_id on decisions (id) where length(id) <> 31;
