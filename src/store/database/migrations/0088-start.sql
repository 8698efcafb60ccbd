-- The tables of release 1.0, equal to those of the last release 0.x. migration.ts explains {id}, {long} and the other
-- types. JSON is text, times are milliseconds, booleans are 0 or 1.

-- Releases 0.x look for each of their migrations.
with recursive numbers (number) as (select 1 union all select number + 1 from numbers where number < 87)
  insert into schema_migrations (number, name, applied_at) select number, 'before-1.0', 0 from numbers;

-- The installation

create table meta (
  key text primary key not null,
  value {bytes} not null
);

create table servers (
  id {id} primary key not null,
  started_at {long} not null,
  lease_until {long} not null,
  facts_json text
);

create table cancel_requests (
  run_id {id} primary key not null,
  at {long} not null
);

-- Workflows, their versions and unsaved code

create table workflows (
  id {id} primary key not null,
  name text not null,
  search text not null,
  kind text not null,
  description {bytes} not null,
  enabled integer not null,
  archived integer not null,
  runtime text not null,
  timeout_seconds integer not null,
  max_concurrency integer not null,
  isolation text not null,
  body_limit_bytes {long} not null,
  schedule_json text,
  hook_key {id} unique,
  deployed_version_id {id},
  deployed_version integer,
  created_at {long} not null,
  updated_at {long} not null,
  retention_days integer,
  retention_bytes bigint,
  sender_check_json text,
  sender_secrets {bytes},
  sender_secret_count integer not null default 0,
  allowed_ips_json text,
  rate_limit_json text,
  idempotency_json text,
  answer_json text,
  retries_json text,
  egress_json text,
  editors_json text,
  memory_mib integer not null default 512,
  variables_json text,
  alerts_json text,
  tags_json text,
  privacy_json text,
  shared_settings_json text,
  lane_json text,
  request_schema_json text,
  propagate_trace integer not null default 0,
  record_outbound integer not null default 0,
  deploy_gate_json text,
  canary_json text
);
create index workflows_by_time on workflows (created_at, id);
create index workflows_by_name on workflows (search, id);
create index workflows_by_change on workflows (updated_at, id);
create index workflows_with_canary on workflows (id) where canary_json is not null;

create table versions (
  id {id} primary key not null,
  workflow_id {id} not null references workflows (id),
  number {long} not null,
  source {bytes} not null,
  message {bytes} not null,
  created_at {long} not null,
  packages {bytes},
  environment_id {id},
  deploy_when_ready integer not null default 0,
  files {bytes},
  deployed_at {long},
  created_by_json text,
  deploy_server_id text,
  deploy_forced integer,
  constraint versions_by_number unique (workflow_id, number)
);
create index versions_by_environment on versions (environment_id);

create table environments (
  id {id} primary key not null,
  runtime text not null,
  lock {bytes} not null,
  with_sources integer not null,
  created_at {long} not null,
  last_used_at {long} not null
);

create table code_drafts (
  workflow_id {id} not null references workflows (id),
  owner_id {id} not null,
  source {bytes},
  base_version integer not null,
  base_deployed integer not null,
  revision integer not null,
  updated_at {long} not null,
  files {bytes},
  constraint code_drafts_by_owner primary key (workflow_id, owner_id)
);

create table code_draft_texts (
  workflow_id {id} not null,
  owner_id {id} not null,
  revision integer not null,
  source {bytes} not null,
  at {long} not null,
  files {bytes},
  constraint code_draft_texts_by_revision primary key (workflow_id, owner_id, revision)
);

-- Without a row, the sample is generated from the code.
create table sample_requests (
  workflow_id {id} primary key not null references workflows (id),
  head_json text not null,
  body {bytes} not null,
  source text not null,
  updated_at {long} not null
);

create table refused_calls (
  id {id} not null,
  workflow_id {id} not null references workflows (id),
  at {long} not null,
  reason text not null,
  detail text not null,
  address text not null,
  headers_json text not null,
  body_bytes {long} not null,
  constraint refused_calls_by_workflow primary key (workflow_id, id)
);

-- Settings

create table settings (
  workflow_id {id} not null references workflows (id),
  key {bytes} not null,
  value {bytes} not null,
  secret integer not null,
  revision integer not null,
  bytes integer not null,
  updated_at {long} not null,
  updated_by_json text not null,
  constraint settings_by_key primary key (workflow_id, key)
);

-- Writers of the settings of a workflow lock this row.
create table settings_totals (
  workflow_id {id} primary key not null references workflows (id),
  count integer not null,
  bytes integer not null
) {clustered};

create table setting_changes (
  workflow_id {id} not null references workflows (id),
  key {bytes} not null,
  revision integer not null,
  value {bytes},
  secret integer not null,
  at {long} not null,
  by_json text not null,
  run_id {id},
  constraint setting_changes_by_key primary key (workflow_id, key, revision)
);
create index setting_changes_by_run on setting_changes (run_id) where run_id is not null;

create table shared_settings (
  key {bytes} primary key not null,
  value {bytes} not null,
  secret integer not null,
  revision integer not null,
  updated_at {long} not null,
  updated_by_json text not null,
  editors_json text
);

create table shared_setting_changes (
  key {bytes} not null,
  revision integer not null,
  value {bytes},
  secret integer not null,
  at {long} not null,
  by_json text not null,
  constraint shared_setting_changes_by_key primary key (key, revision)
);

-- Runs

create table runs (
  id {id} primary key not null,
  workflow_id {id} not null references workflows (id),
  version_id {id},
  trigger text not null,
  status text not null,
  code text,
  message_json text,
  warnings_json text,
  replay_of {id},
  keep_settings integer not null,
  created_at {long} not null,
  started_at {long},
  finished_at {long},
  timing_json text,
  server_id {id},
  not_before {long},
  attempt integer not null default 1,
  retry_of {id},
  label_json text,
  status_code integer,
  lane {id},
  lane_position integer,
  attended integer not null default 0,
  trace_id text,
  trace_parent_id text,
  peak_memory_bytes {long},
  canary integer
) {clustered};
create index runs_by_time on runs (created_at, id);
create index runs_of_workflow on runs (workflow_id, created_at, id);
create index runs_by_state on runs (status, trigger, created_at, id);
create index runs_of_workflow_by_state on runs (workflow_id, status, trigger, created_at, id);
create index runs_queued on runs (not_before, id, workflow_id) where status = 'queued';
create index runs_by_first_attempt on runs (retry_of, attempt) where retry_of is not null;
-- Few runs. Queries must repeat these conditions exactly (src/store/runs).
create index runs_reported on runs (created_at, id) where warnings_json like '%"code":"reported_failure"%';
create index runs_of_workflow_reported on runs (workflow_id, created_at, id)
  where warnings_json like '%"code":"reported_failure"%';
create index runs_in_lane on runs (workflow_id, lane, lane_position)
  where lane is not null and status in ('queued', 'running');
create index runs_of_canary on runs (workflow_id, canary, created_at) where canary is not null;

create table run_requests (
  run_id {id} primary key not null references runs (id),
  head_json text,
  body {bytes},
  source {bytes},
  body_packed {bytes},
  redacted integer not null default 0,
  files {bytes}
);

create table run_results (
  run_id {id} primary key not null references runs (id),
  result_json text,
  logs_json text,
  result_packed {bytes},
  logs_packed {bytes}
);

create table run_originals (
  run_id {id} primary key not null,
  workflow_id {id} not null,
  request {bytes},
  waits integer not null,
  answer {bytes},
  created_at {long} not null
);
create index run_originals_by_time on run_originals (created_at);

create table run_calls (
  run_id {id} primary key not null,
  workflow_id {id} not null,
  calls_json text not null,
  left_out integer not null,
  recording {bytes}
);

create table run_identities (
  hash {id} not null,
  run_id {id} not null,
  constraint run_identities_key primary key (hash, run_id)
);
create index run_identities_of_run on run_identities (run_id);

create table erasures (
  id {id} primary key not null,
  at {long} not null,
  by_json text not null,
  runs_json text not null,
  sha256 text not null
);

create table dead_letters (
  run_id {id} primary key not null references runs (id),
  workflow_id {id} not null references workflows (id),
  group_id {id} not null,
  failed_at {long} not null
) {clustered};
create index dead_letters_of_group on dead_letters (group_id, failed_at, run_id);
create index dead_letters_of_workflow on dead_letters (workflow_id, failed_at, run_id);
create index dead_letters_by_time on dead_letters (failed_at);

-- Runs may be deleted before their keys, so there is no foreign key.
create table idempotency_keys (
  id {id} primary key not null,
  body_hash text not null,
  run_id {id} not null,
  created_at {long} not null
) {clustered};
create index idempotency_keys_by_time on idempotency_keys (created_at);

-- Search of runs

create table run_texts (
  id {long} primary key not null,
  run_id {id} not null unique references runs (id) on delete cascade,
  text text not null
);

create table search_pending (
  run_id {id} primary key not null references runs (id) on delete cascade
);

-- An index of trigrams. secure-delete removes all traces of deleted text from it.
-- sqlite:
create virtual table run_search using fts5(
  text, content='run_texts', content_rowid='id', tokenize='trigram', detail=none, columnsize=0);
-- sqlite:
insert into run_search(run_search, rank) values('secure-delete', 1);
-- sqlite:
create trigger run_texts_added after insert on run_texts begin
  insert into run_search(rowid, text) values (new.id, new.text);
  end;
-- sqlite:
create trigger run_texts_deleted after delete on run_texts begin
  insert into run_search(run_search, rowid, text) values ('delete', old.id, old.text);
  end;

-- Without the extension, or the right to create it, a search scans the rows.
-- postgres:
do $$ begin
  create extension if not exists pg_trgm;
  create index run_texts_trgm on run_texts using gin (text gin_trgm_ops);
  create index workflows_trgm on workflows using gin (search gin_trgm_ops);
  exception when others then
    raise notice 'pg_trgm: %', sqlerrm;
  end $$;

-- Schedules

create table schedules (
  workflow_id {id} primary key not null references workflows (id),
  anchor_at {long} not null,
  next_at {long}
) {clustered};
create index schedules_by_time on schedules (next_at, workflow_id);

create table ticks (
  workflow_id {id} not null references workflows (id),
  due_at {long} not null,
  outcome text not null,
  reason text,
  run_id {id},
  attempts integer not null,
  constraint ticks_by_time primary key (workflow_id, due_at)
) {clustered};
create index ticks_by_run on ticks (run_id) where run_id is not null;

-- Trials and canaries

create table trials (
  id {id} primary key not null,
  workflow_id {id} not null,
  version integer,
  source {bytes},
  files {bytes},
  outbound text not null,
  ignore_json text not null,
  status text not null,
  total integer not null,
  same integer not null default 0,
  changed integer not null default 0,
  fixed integer not null default 0,
  broken integer not null default 0,
  not_comparable integer not null default 0,
  created_at {long} not null,
  created_by_json text not null,
  finished_at {long},
  server_id text not null
);
create index trials_of_workflow on trials (workflow_id, created_at, id);
create index trials_running on trials (server_id) where status = 'running';

create table trial_cases (
  trial_id {id} not null,
  position integer not null,
  run_id {id} not null,
  trial_run_id {id},
  verdict text,
  details {bytes},
  constraint trial_cases_key primary key (trial_id, position)
);
create index trial_cases_of_run on trial_cases (run_id);
create index trial_cases_of_trial_run on trial_cases (trial_run_id);

create table canaries (
  workflow_id {id} primary key not null,
  version integer not null,
  started_at {long} not null,
  ended_at {long},
  outcome text,
  result_json text
);

-- Alerts

create table channels (
  id {id} primary key not null,
  name text not null,
  config {bytes} not null,
  created_at {long} not null
);

create table alert_defaults (
  id integer primary key not null,
  rule_json text
);

create table alert_states (
  workflow_id {id} primary key not null references workflows (id),
  failures integer not null,
  since {long} not null,
  is_announced integer not null
);

create table alert_limits (
  workflow_id {id} not null references workflows (id),
  channel_id {id} not null references channels (id),
  type text not null,
  last_at {long} not null,
  held_back integer not null,
  is_open integer not null default 0,
  constraint alert_limits_key primary key (workflow_id, channel_id, type)
);

create table alerts (
  id {id} primary key not null,
  at {long} not null,
  workflow_id {id},
  channel_id {id} not null,
  type text not null,
  message_json text not null,
  status text not null,
  attempts integer not null,
  next_at {long},
  detail text
);
create index alerts_due on alerts (next_at) where status = 'queued';
create index alerts_by_time on alerts (at, id);
create index alerts_of_workflow on alerts (workflow_id, at);

-- People and API keys

create table api_keys (
  id {id} primary key not null,
  name text not null,
  prefix text not null,
  hash {id} not null unique,
  created_at {long} not null,
  created_by_json text not null,
  last_used_at {long},
  revoked_at {long},
  scopes_json text not null default '["read","run","write","admin"]',
  expires_at bigint
);

create table invitations (
  id {id} primary key,
  email text not null,
  role text not null,
  hash text not null unique,
  created_at bigint not null,
  created_by_json text not null,
  expires_at bigint not null,
  ended_at bigint
);

create table person_languages (
  person_id {id} primary key not null,
  language text not null
);

create table sign_in_limits (
  key text primary key not null,
  failures integer not null,
  last_at {long} not null,
  refused_until {long} not null,
  has_account integer not null
);
create index sign_in_limits_by_time on sign_in_limits (has_account, last_at);

-- The audit log

create table audit_log (
  id {serial},
  at {long} not null,
  by_json text not null,
  action text not null,
  workflow_id {id},
  detail {bytes} not null,
  changes_json text
);
create index audit_log_by_workflow on audit_log (workflow_id, id);
create index audit_log_by_action on audit_log (action, id);
create index audit_log_by_time on audit_log (at);

create table audit_horizon (
  id integer primary key not null,
  before_id {long} not null
);
insert into audit_horizon (id, before_id) values (1, 0);

-- Filters use indexes on expressions: the lines are immutable.
-- sqlite:
create index audit_log_by_actor_id on audit_log (json_extract(by_json, '$.id'), id);
-- sqlite:
create index audit_log_by_actor_name on audit_log (json_extract(by_json, '$.name'), id);
-- postgres:
create index audit_log_by_actor_id on audit_log ((by_json::json ->> 'id'), id);
-- postgres:
create index audit_log_by_actor_name on audit_log ((by_json::json ->> 'name'), id);

-- A line can be deleted if its id is below `before_id`, which only retention moves. No line can be changed.
-- sqlite:
create trigger audit_log_no_update before update on audit_log
  begin select raise(abort, 'the audit log is append-only'); end;
-- sqlite:
create trigger audit_log_no_delete before delete on audit_log
  when old.id >= (select coalesce(max(before_id), 0) from audit_horizon)
  begin select raise(abort, 'the audit log is append-only'); end;
-- postgres:
create function refuse_change_of_audit_log() returns trigger language plpgsql as
  $$begin raise exception 'the audit log is append-only'; end$$;
-- postgres:
create trigger audit_log_append_only before update or truncate on audit_log
  for each statement execute function refuse_change_of_audit_log();
-- postgres:
create function refuse_deletion_in_audit_log() returns trigger language plpgsql as $$begin
    if old.id >= coalesce((select max(before_id) from audit_horizon), 0) then
      raise exception 'the audit log is append-only';
    end if;
    return old;
  end$$;
-- postgres:
create trigger audit_log_no_delete before delete on audit_log
  for each row execute function refuse_deletion_in_audit_log();
