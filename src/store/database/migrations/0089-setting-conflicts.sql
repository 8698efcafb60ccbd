-- `state` is 1 for a setting that only runs wrote. The others count runs that overwrote another change of the setting.
alter table settings add column state integer not null default 0;
alter table settings add column conflicts integer not null default 0;
alter table settings add column conflict_at {long};
alter table settings add column conflict_run_id {id};

update settings set state = 1 where not exists (
  select 1 from setting_changes
  where setting_changes.workflow_id = settings.workflow_id and setting_changes.key = settings.key
    and setting_changes.by_json not like '{"type":"run"%'
);
