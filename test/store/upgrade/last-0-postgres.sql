SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
CREATE FUNCTION public.refuse_change_of_audit_log() RETURNS trigger
    LANGUAGE plpgsql
    AS $$begin raise exception 'the audit log is append-only'; end$$;
CREATE FUNCTION public.refuse_deletion_in_audit_log() RETURNS trigger
    LANGUAGE plpgsql
    AS $$begin
        if old.id >= coalesce((select max(before_id) from audit_horizon), 0) then raise exception 'the audit log is append-only'; end if;
        return old;
      end$$;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.account (
    id text NOT NULL,
    "accountId" text NOT NULL,
    "providerId" text NOT NULL,
    "userId" text NOT NULL,
    "accessToken" text,
    "refreshToken" text,
    "idToken" text,
    "accessTokenExpiresAt" timestamp with time zone,
    "refreshTokenExpiresAt" timestamp with time zone,
    scope text,
    password text,
    "createdAt" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp with time zone NOT NULL
);
CREATE TABLE public.alert_defaults (
    id integer NOT NULL,
    rule_json text
);
CREATE TABLE public.alert_limits (
    workflow_id text NOT NULL COLLATE pg_catalog."C",
    channel_id text NOT NULL COLLATE pg_catalog."C",
    type text NOT NULL,
    last_at bigint NOT NULL,
    held_back integer NOT NULL,
    is_open integer DEFAULT 0 NOT NULL
);
CREATE TABLE public.alert_states (
    workflow_id text NOT NULL COLLATE pg_catalog."C",
    failures integer NOT NULL,
    since bigint NOT NULL,
    is_announced integer NOT NULL
);
CREATE TABLE public.alerts (
    id text NOT NULL COLLATE pg_catalog."C",
    at bigint NOT NULL,
    workflow_id text COLLATE pg_catalog."C",
    channel_id text NOT NULL COLLATE pg_catalog."C",
    type text NOT NULL,
    message_json text NOT NULL,
    status text NOT NULL,
    attempts integer NOT NULL,
    next_at bigint,
    detail text
);
CREATE TABLE public.api_keys (
    id text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL,
    prefix text NOT NULL,
    hash text NOT NULL COLLATE pg_catalog."C",
    created_at bigint NOT NULL,
    created_by_json text NOT NULL,
    last_used_at bigint,
    revoked_at bigint,
    scopes_json text DEFAULT '["read","run","write","admin"]'::text NOT NULL,
    expires_at bigint
);
CREATE TABLE public.audit_horizon (
    id integer NOT NULL,
    before_id bigint NOT NULL
);
CREATE TABLE public.audit_log (
    id bigint NOT NULL,
    at bigint NOT NULL,
    by_json text NOT NULL,
    action text NOT NULL,
    workflow_id text COLLATE pg_catalog."C",
    detail bytea NOT NULL,
    changes_json text
);
CREATE SEQUENCE public.audit_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.audit_log_id_seq OWNED BY public.audit_log.id;
CREATE TABLE public.canaries (
    workflow_id text NOT NULL COLLATE pg_catalog."C",
    version integer NOT NULL,
    started_at bigint NOT NULL,
    ended_at bigint,
    outcome text,
    result_json text
);
CREATE TABLE public.cancel_requests (
    run_id text NOT NULL COLLATE pg_catalog."C",
    at bigint NOT NULL
);
CREATE TABLE public.channels (
    id text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL,
    config bytea NOT NULL,
    created_at bigint NOT NULL
);
CREATE TABLE public.code_draft_texts (
    workflow_id text NOT NULL COLLATE pg_catalog."C",
    owner_id text NOT NULL COLLATE pg_catalog."C",
    revision integer NOT NULL,
    source bytea NOT NULL,
    at bigint NOT NULL,
    files bytea
);
CREATE TABLE public.code_drafts (
    workflow_id text NOT NULL COLLATE pg_catalog."C",
    owner_id text NOT NULL COLLATE pg_catalog."C",
    source bytea,
    base_version integer NOT NULL,
    base_deployed integer NOT NULL,
    revision integer NOT NULL,
    updated_at bigint NOT NULL,
    files bytea
);
CREATE TABLE public.dead_letters (
    run_id text NOT NULL COLLATE pg_catalog."C",
    workflow_id text NOT NULL COLLATE pg_catalog."C",
    group_id text NOT NULL COLLATE pg_catalog."C",
    failed_at bigint NOT NULL
);
CREATE TABLE public.environments (
    id text NOT NULL COLLATE pg_catalog."C",
    runtime text NOT NULL,
    lock bytea NOT NULL,
    with_sources integer NOT NULL,
    created_at bigint NOT NULL,
    last_used_at bigint NOT NULL
);
CREATE TABLE public.erasures (
    id text NOT NULL COLLATE pg_catalog."C",
    at bigint NOT NULL,
    by_json text NOT NULL,
    runs_json text NOT NULL,
    sha256 text NOT NULL
);
CREATE TABLE public.idempotency_keys (
    id text NOT NULL COLLATE pg_catalog."C",
    body_hash text NOT NULL,
    run_id text NOT NULL COLLATE pg_catalog."C",
    created_at bigint NOT NULL
);
CREATE TABLE public.invitations (
    id text NOT NULL COLLATE pg_catalog."C",
    email text NOT NULL,
    role text NOT NULL,
    hash text NOT NULL,
    created_at bigint NOT NULL,
    created_by_json text NOT NULL,
    expires_at bigint NOT NULL,
    ended_at bigint
);
CREATE TABLE public.meta (
    key text NOT NULL,
    value bytea NOT NULL
);
CREATE TABLE public.person_languages (
    person_id text NOT NULL COLLATE pg_catalog."C",
    language text NOT NULL
);
CREATE TABLE public."rateLimit" (
    id text NOT NULL,
    key text NOT NULL,
    count integer NOT NULL,
    "lastRequest" bigint NOT NULL
);
CREATE TABLE public.refused_calls (
    id text NOT NULL COLLATE pg_catalog."C",
    workflow_id text NOT NULL COLLATE pg_catalog."C",
    at bigint NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    address text NOT NULL,
    headers_json text NOT NULL,
    body_bytes bigint NOT NULL
);
CREATE TABLE public.run_calls (
    run_id text NOT NULL COLLATE pg_catalog."C",
    workflow_id text NOT NULL COLLATE pg_catalog."C",
    calls_json text NOT NULL,
    left_out integer NOT NULL,
    recording bytea
);
CREATE TABLE public.run_identities (
    hash text NOT NULL COLLATE pg_catalog."C",
    run_id text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.run_originals (
    run_id text NOT NULL COLLATE pg_catalog."C",
    workflow_id text NOT NULL COLLATE pg_catalog."C",
    request bytea,
    waits integer NOT NULL,
    answer bytea,
    created_at bigint NOT NULL
);
CREATE TABLE public.run_requests (
    run_id text NOT NULL COLLATE pg_catalog."C",
    head_json text,
    body bytea,
    source bytea,
    body_packed bytea,
    redacted integer DEFAULT 0 NOT NULL,
    files bytea
);
CREATE TABLE public.run_results (
    run_id text NOT NULL COLLATE pg_catalog."C",
    result_json text,
    logs_json text,
    result_packed bytea,
    logs_packed bytea
);
CREATE TABLE public.run_texts (
    id bigint NOT NULL,
    run_id text NOT NULL COLLATE pg_catalog."C",
    text text NOT NULL
);
CREATE TABLE public.runs (
    id text NOT NULL COLLATE pg_catalog."C",
    workflow_id text NOT NULL COLLATE pg_catalog."C",
    version_id text COLLATE pg_catalog."C",
    trigger text NOT NULL,
    status text NOT NULL,
    code text,
    message_json text,
    warnings_json text,
    replay_of text COLLATE pg_catalog."C",
    keep_settings integer NOT NULL,
    created_at bigint NOT NULL,
    started_at bigint,
    finished_at bigint,
    timing_json text,
    server_id text COLLATE pg_catalog."C",
    not_before bigint,
    attempt integer DEFAULT 1 NOT NULL,
    retry_of text COLLATE pg_catalog."C",
    label_json text,
    status_code integer,
    lane text COLLATE pg_catalog."C",
    lane_position integer,
    attended integer DEFAULT 0 NOT NULL,
    trace_id text,
    trace_parent_id text,
    peak_memory_bytes bigint,
    canary integer
);
CREATE TABLE public.sample_requests (
    workflow_id text NOT NULL COLLATE pg_catalog."C",
    head_json text NOT NULL,
    body bytea NOT NULL,
    source text NOT NULL,
    updated_at bigint NOT NULL
);
CREATE TABLE public.schedules (
    workflow_id text NOT NULL COLLATE pg_catalog."C",
    anchor_at bigint NOT NULL,
    next_at bigint
);
CREATE TABLE public.schema_migrations (
    number integer NOT NULL,
    name text NOT NULL,
    applied_at bigint NOT NULL
);
CREATE TABLE public.search_pending (
    run_id text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.servers (
    id text NOT NULL COLLATE pg_catalog."C",
    started_at bigint NOT NULL,
    lease_until bigint NOT NULL,
    facts_json text
);
CREATE TABLE public.session (
    id text NOT NULL,
    "expiresAt" timestamp with time zone NOT NULL,
    token text NOT NULL,
    "createdAt" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp with time zone NOT NULL,
    "ipAddress" text,
    "userAgent" text,
    "userId" text NOT NULL
);
CREATE TABLE public.setting_changes (
    workflow_id text NOT NULL COLLATE pg_catalog."C",
    key bytea NOT NULL,
    revision integer NOT NULL,
    value bytea,
    secret integer NOT NULL,
    at bigint NOT NULL,
    by_json text NOT NULL,
    run_id text COLLATE pg_catalog."C"
);
CREATE TABLE public.settings (
    workflow_id text NOT NULL COLLATE pg_catalog."C",
    key bytea NOT NULL,
    value bytea NOT NULL,
    secret integer NOT NULL,
    revision integer NOT NULL,
    bytes integer NOT NULL,
    updated_at bigint NOT NULL,
    updated_by_json text NOT NULL
);
CREATE TABLE public.settings_totals (
    workflow_id text NOT NULL COLLATE pg_catalog."C",
    count integer NOT NULL,
    bytes integer NOT NULL
);
CREATE TABLE public.shared_setting_changes (
    key bytea NOT NULL,
    revision integer NOT NULL,
    value bytea,
    secret integer NOT NULL,
    at bigint NOT NULL,
    by_json text NOT NULL
);
CREATE TABLE public.shared_settings (
    key bytea NOT NULL,
    value bytea NOT NULL,
    secret integer NOT NULL,
    revision integer NOT NULL,
    updated_at bigint NOT NULL,
    updated_by_json text NOT NULL,
    editors_json text
);
CREATE TABLE public.sign_in_limits (
    key text NOT NULL,
    failures integer NOT NULL,
    last_at bigint NOT NULL,
    refused_until bigint NOT NULL,
    has_account integer NOT NULL
);
CREATE TABLE public.ticks (
    workflow_id text NOT NULL COLLATE pg_catalog."C",
    due_at bigint NOT NULL,
    outcome text NOT NULL,
    reason text,
    run_id text COLLATE pg_catalog."C",
    attempts integer NOT NULL
);
CREATE TABLE public.trial_cases (
    trial_id text NOT NULL COLLATE pg_catalog."C",
    "position" integer NOT NULL,
    run_id text NOT NULL COLLATE pg_catalog."C",
    trial_run_id text COLLATE pg_catalog."C",
    verdict text,
    details bytea
);
CREATE TABLE public.trials (
    id text NOT NULL COLLATE pg_catalog."C",
    workflow_id text NOT NULL COLLATE pg_catalog."C",
    version integer,
    source bytea,
    files bytea,
    outbound text NOT NULL,
    ignore_json text NOT NULL,
    status text NOT NULL,
    total integer NOT NULL,
    same integer DEFAULT 0 NOT NULL,
    changed integer DEFAULT 0 NOT NULL,
    fixed integer DEFAULT 0 NOT NULL,
    broken integer DEFAULT 0 NOT NULL,
    not_comparable integer DEFAULT 0 NOT NULL,
    created_at bigint NOT NULL,
    created_by_json text NOT NULL,
    finished_at bigint,
    server_id text NOT NULL
);
CREATE TABLE public."user" (
    id text NOT NULL,
    name text NOT NULL,
    email text NOT NULL,
    "emailVerified" boolean NOT NULL,
    image text,
    "createdAt" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);
CREATE TABLE public.verification (
    id text NOT NULL,
    identifier text NOT NULL,
    value text NOT NULL,
    "expiresAt" timestamp with time zone NOT NULL,
    "createdAt" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    "updatedAt" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);
CREATE TABLE public.versions (
    id text NOT NULL COLLATE pg_catalog."C",
    workflow_id text NOT NULL COLLATE pg_catalog."C",
    number bigint NOT NULL,
    source bytea NOT NULL,
    message bytea NOT NULL,
    created_at bigint NOT NULL,
    packages bytea,
    environment_id text COLLATE pg_catalog."C",
    deploy_when_ready integer DEFAULT 0 NOT NULL,
    files bytea,
    deployed_at bigint,
    created_by_json text,
    deploy_server_id text,
    deploy_forced integer
);
CREATE TABLE public.workflows (
    id text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL,
    search text NOT NULL,
    kind text NOT NULL,
    description bytea NOT NULL,
    enabled integer NOT NULL,
    archived integer NOT NULL,
    runtime text NOT NULL,
    timeout_seconds integer NOT NULL,
    max_concurrency integer NOT NULL,
    isolation text NOT NULL,
    body_limit_bytes bigint NOT NULL,
    schedule_json text,
    hook_key text COLLATE pg_catalog."C",
    deployed_version_id text COLLATE pg_catalog."C",
    deployed_version integer,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    retention_days integer,
    retention_bytes bigint,
    sender_check_json text,
    sender_secrets bytea,
    sender_secret_count integer DEFAULT 0 NOT NULL,
    allowed_ips_json text,
    rate_limit_json text,
    idempotency_json text,
    answer_json text,
    retries_json text,
    egress_json text,
    editors_json text,
    memory_mib integer DEFAULT 512 NOT NULL,
    variables_json text,
    alerts_json text,
    tags_json text,
    privacy_json text,
    shared_settings_json text,
    lane_json text,
    request_schema_json text,
    propagate_trace integer DEFAULT 0 NOT NULL,
    record_outbound integer DEFAULT 0 NOT NULL,
    deploy_gate_json text,
    canary_json text
);
ALTER TABLE ONLY public.audit_log ALTER COLUMN id SET DEFAULT nextval('public.audit_log_id_seq'::regclass);
INSERT INTO public.account VALUES ('xH6JCHrAhwR0G5mcYeGMeTtca1NWDzDO', 'xMRRbK6f0dg0EOmHI42OZkPZ0fhIY2KH', 'credential', 'xMRRbK6f0dg0EOmHI42OZkPZ0fhIY2KH', NULL, NULL, NULL, NULL, NULL, NULL, '57806c4f5ae44352fcef434eef642030:aa1be3e2e49823beddc12c09f4ab0830faadbf93d9a1818c6f851dd1ebec2e28bb009387cb0ce9d57c22ec506ca3f7e324c116cf6ba392289ac38c6be38f00ab', '2026-11-26 18:19:54.651+00', '2026-11-26 18:19:54.651+00');
INSERT INTO public.api_keys VALUES ('key_01m8chbw10zerx8rynnpk58m5t', 'ci', 'wf_8q7Vbo-', '022680eb90c5cd63d90a541ae69970c166eed59b8a67462d1b4ceee78259b67f', 1795717197856, '{"type":"api_key","id":"key_configured","name":"WORKFLOWS_API_KEY"}', NULL, NULL, '["read","run","write","admin"]', NULL);
INSERT INTO public.audit_horizon VALUES (1, 0);
INSERT INTO public.audit_log VALUES (1, 1795717195025, '{"type":"person","id":"xMRRbK6f0dg0EOmHI42OZkPZ0fhIY2KH","name":"Ada"}', 'owner.create', NULL, '\x616461406578616d706c652e636f6d', NULL);
INSERT INTO public.audit_log VALUES (2, 1795717195056, '{"type":"api_key","id":"key_configured","name":"WORKFLOWS_API_KEY"}', 'workflow.create', 'wf_01m8chbs9bcp46ye4qmgeqr5nc', '\x436f756e746572', NULL);
INSERT INTO public.audit_log VALUES (3, 1795717195105, '{"type":"api_key","id":"key_configured","name":"WORKFLOWS_API_KEY"}', 'setting.set', 'wf_01m8chbs9bcp46ye4qmgeqr5nc', '\x544f4b454e', NULL);
INSERT INTO public.audit_log VALUES (4, 1795717195160, '{"type":"api_key","id":"key_configured","name":"WORKFLOWS_API_KEY"}', 'version.deploy', 'wf_01m8chbs9bcp46ye4qmgeqr5nc', '\x76657273696f6e2031', NULL);
INSERT INTO public.audit_log VALUES (5, 1795717195409, '{"type":"api_key","id":"key_configured","name":"WORKFLOWS_API_KEY"}', 'workflow.create', 'wf_01m8chbsme03t7ebj2q1qcwss4', '\x4661696c73', NULL);
INSERT INTO public.audit_log VALUES (6, 1795717195448, '{"type":"api_key","id":"key_configured","name":"WORKFLOWS_API_KEY"}', 'version.deploy', 'wf_01m8chbsme03t7ebj2q1qcwss4', '\x76657273696f6e2031', NULL);
INSERT INTO public.audit_log VALUES (7, 1795717195600, '{"type":"api_key","id":"key_configured","name":"WORKFLOWS_API_KEY"}', 'workflow.create', 'wf_01m8chbsq0ms5ws7w8zgp04m38', '\x4e696768746c79', NULL);
INSERT INTO public.audit_log VALUES (8, 1795717195768, '{"type":"api_key","id":"key_configured","name":"WORKFLOWS_API_KEY"}', 'version.deploy', 'wf_01m8chbsq0ms5ws7w8zgp04m38', '\x76657273696f6e2031', NULL);
INSERT INTO public.audit_log VALUES (9, 1795717195793, '{"type":"api_key","id":"key_configured","name":"WORKFLOWS_API_KEY"}', 'workflow.create', 'wf_01m8chbt07d9j17dd02sy68ex9', '\x5761697473', NULL);
INSERT INTO public.audit_log VALUES (10, 1795717195848, '{"type":"api_key","id":"key_configured","name":"WORKFLOWS_API_KEY"}', 'version.deploy', 'wf_01m8chbt07d9j17dd02sy68ex9', '\x76657273696f6e2031', NULL);
INSERT INTO public.audit_log VALUES (11, 1795717197860, '{"type":"api_key","id":"key_configured","name":"WORKFLOWS_API_KEY"}', 'key.create', NULL, '\x6369', NULL);
INSERT INTO public.meta VALUES ('key-check', '\x0123231b850da30e2a5d219ec2faa6b8483e94159888f15fb354c39a515b422510014fb58ec6464898d7');
INSERT INTO public.meta VALUES ('minimum-migration', '\x3638');
INSERT INTO public.run_requests VALUES ('run_01m8chbsdsh24fj1057mnfatt9', '{"method":"POST","url":"/hooks/8af148429e300356f29d37d696c56581c8122c96","query":"","headers":[["host","127.0.0.1:4712"],["connection","keep-alive"],["content-type","application/json"],["accept","*/*"],["accept-language","*"],["sec-fetch-mode","cors"],["user-agent","node"],["accept-encoding","gzip, deflate"],["content-length","22"]]}', '\x7b2263616e646964617465223a20224772616365227d', NULL, NULL, 0, NULL);
INSERT INTO public.run_requests VALUES ('run_01m8chbshzwvks0zt0bfnj67cr', '{"method":"POST","url":"/hooks/8af148429e300356f29d37d696c56581c8122c96","query":"","headers":[["host","127.0.0.1:4712"],["connection","keep-alive"],["content-type","application/json"],["accept","*/*"],["accept-language","*"],["sec-fetch-mode","cors"],["user-agent","node"],["accept-encoding","gzip, deflate"],["content-length","22"]]}', '\x7b2263616e646964617465223a20224772616365227d', NULL, NULL, 0, NULL);
INSERT INTO public.run_requests VALUES ('run_01m8chbsk7g3w698xhtfavw5pq', '{"method":"POST","url":"/hooks/8af148429e300356f29d37d696c56581c8122c96","query":"","headers":[["host","127.0.0.1:4712"],["connection","keep-alive"],["content-type","application/json"],["accept","*/*"],["accept-language","*"],["sec-fetch-mode","cors"],["user-agent","node"],["accept-encoding","gzip, deflate"],["content-length","22"]]}', '\x7b2263616e646964617465223a20224772616365227d', NULL, NULL, 0, NULL);
INSERT INTO public.run_requests VALUES ('run_01m8chbsp5y53j0qycb4s5vj09', '{"method":"POST","url":"/hooks/43a83e36cb81704c47a6209ededbf1d2310acc5f","query":"","headers":[["host","127.0.0.1:4712"],["connection","keep-alive"],["content-type","application/json"],["accept","*/*"],["accept-language","*"],["sec-fetch-mode","cors"],["user-agent","node"],["accept-encoding","gzip, deflate"],["content-length","2"]]}', '\x7b7d', NULL, NULL, 0, NULL);
INSERT INTO public.run_requests VALUES ('run_01m8chbt2h8y0tkv32d380xcs1', '{"method":"POST","url":"/hooks/10d118e22f0eec5a8749308f38ae59a063a9486f","query":"","headers":[["host","127.0.0.1:4712"],["connection","keep-alive"],["content-type","application/json"],["accept","*/*"],["accept-language","*"],["sec-fetch-mode","cors"],["user-agent","node"],["accept-encoding","gzip, deflate"],["content-length","2"]]}', '\x7b7d', NULL, NULL, 0, NULL);
INSERT INTO public.run_results VALUES ('run_01m8chbsdsh24fj1057mnfatt9', '{"traceback":null,"response":{"status":200,"headers":[],"body":"1 ***"},"result":null}', '[[1795717195214,"stdout","run 1"]]', NULL, NULL);
INSERT INTO public.run_results VALUES ('run_01m8chbshzwvks0zt0bfnj67cr', '{"traceback":null,"response":{"status":200,"headers":[],"body":"2 ***"},"result":null}', '[[1795717195344,"stdout","run 2"]]', NULL, NULL);
INSERT INTO public.run_results VALUES ('run_01m8chbsk7g3w698xhtfavw5pq', '{"traceback":null,"response":{"status":200,"headers":[],"body":"3 ***"},"result":null}', '[[1795717195375,"stdout","run 3"]]', NULL, NULL);
INSERT INTO public.run_results VALUES ('run_01m8chbsp5y53j0qycb4s5vj09', '{"traceback":"Traceback (most recent call last):\n  File \"workflow.py\", line 2, in workflow\n    raise ValueError(\"no\")\nValueError: no\n","response":null,"result":null}', NULL, NULL, NULL);
INSERT INTO public.runs VALUES ('run_01m8chbsdsh24fj1057mnfatt9', 'wf_01m8chbs9bcp46ye4qmgeqr5nc', 'ver_01m8chbsbsdngc07s725qads5b', 'hook', 'succeeded', NULL, NULL, NULL, NULL, 1, 1795717195193, 1795717195193, 1795717195219, '{"accept":1.7844249999998283,"queue":0.248,"commit":18.775,"start":0.116,"load":0,"run":5.124}', 'srv_01m8chbn0qqyanff2z6syrjqd5', NULL, 1, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO public.runs VALUES ('run_01m8chbshzwvks0zt0bfnj67cr', 'wf_01m8chbs9bcp46ye4qmgeqr5nc', 'ver_01m8chbsbsdngc07s725qads5b', 'hook', 'succeeded', NULL, NULL, NULL, NULL, 1, 1795717195327, 1795717195327, 1795717195350, '{"accept":35.47100899999987,"queue":0.029,"commit":15.282,"start":0.031,"load":0,"run":7.311}', 'srv_01m8chbn0qqyanff2z6syrjqd5', NULL, 1, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO public.runs VALUES ('run_01m8chbsk7g3w698xhtfavw5pq', 'wf_01m8chbs9bcp46ye4qmgeqr5nc', 'ver_01m8chbsbsdngc07s725qads5b', 'hook', 'succeeded', NULL, NULL, NULL, NULL, 1, 1795717195367, 1795717195367, 1795717195376, '{"accept":1.1547450000007302,"queue":0.02,"commit":5.193,"start":0.038,"load":0,"run":3.625}', 'srv_01m8chbn0qqyanff2z6syrjqd5', NULL, 1, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO public.runs VALUES ('run_01m8chbsp5y53j0qycb4s5vj09', 'wf_01m8chbsme03t7ebj2q1qcwss4', 'ver_01m8chbsmxpf9yh8vvfc3h3ge0', 'hook', 'failed', 'exception', '"ValueError: no"', NULL, NULL, 1, 1795717195461, 1795717195461, 1795717195476, '{"accept":1.218829999999798,"queue":0.027,"commit":10.556,"start":0.049,"load":0,"run":4.005}', 'srv_01m8chbn0qqyanff2z6syrjqd5', NULL, 1, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO public.runs VALUES ('run_01m8chbt2h8y0tkv32d380xcs1', 'wf_01m8chbt07d9j17dd02sy68ex9', 'ver_01m8chbt13xqkz6w9y9337cvb0', 'hook', 'running', NULL, NULL, NULL, NULL, 1, 1795717195857, 1795717195857, NULL, NULL, 'srv_01m8chbn0qqyanff2z6syrjqd5', NULL, 1, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO public.schedules VALUES ('wf_01m8chbsq0ms5ws7w8zgp04m38', 1795717195739, 1795744800000);
INSERT INTO public.schema_migrations VALUES (1, 'initial', 1795717190877);
INSERT INTO public.schema_migrations VALUES (2, 'keeping', 1);
INSERT INTO public.schema_migrations VALUES (3, 'sender-checks', 1);
INSERT INTO public.schema_migrations VALUES (4, 'idempotency', 1);
INSERT INTO public.schema_migrations VALUES (5, 'async-answers', 1);
INSERT INTO public.schema_migrations VALUES (6, 'retries', 1);
INSERT INTO public.schema_migrations VALUES (7, 'people', 1);
INSERT INTO public.schema_migrations VALUES (9, 'cancel-requests', 1);
INSERT INTO public.schema_migrations VALUES (11, 'run-stats', 1);
INSERT INTO public.schema_migrations VALUES (12, 'audit-retention', 1);
INSERT INTO public.schema_migrations VALUES (16, 'workflow-egress-json', 1);
INSERT INTO public.schema_migrations VALUES (19, 'audit-indexes', 1);
INSERT INTO public.schema_migrations VALUES (20, 'sign-in-limits', 1);
INSERT INTO public.schema_migrations VALUES (21, 'workflow-editors-json', 1);
INSERT INTO public.schema_migrations VALUES (23, 'test-runs', 1);
INSERT INTO public.schema_migrations VALUES (27, 'packages', 1);
INSERT INTO public.schema_migrations VALUES (28, 'workflow-memory-mib', 1);
INSERT INTO public.schema_migrations VALUES (29, 'workflow-variables-json', 1);
INSERT INTO public.schema_migrations VALUES (31, 'run-labels', 1);
INSERT INTO public.schema_migrations VALUES (32, 'sample-requests', 1);
INSERT INTO public.schema_migrations VALUES (33, 'alerts', 1);
INSERT INTO public.schema_migrations VALUES (34, 'privacy', 1);
INSERT INTO public.schema_migrations VALUES (35, 'version-files', 1);
INSERT INTO public.schema_migrations VALUES (36, 'shared-settings', 1);
INSERT INTO public.schema_migrations VALUES (40, 'lanes', 1);
INSERT INTO public.schema_migrations VALUES (41, 'traces', 1);
INSERT INTO public.schema_migrations VALUES (44, 'run memory', 1);
INSERT INTO public.schema_migrations VALUES (49, 'workflow-request-schema-json', 1);
INSERT INTO public.schema_migrations VALUES (46, 'code-drafts', 1);
INSERT INTO public.schema_migrations VALUES (63, 'draft-files', 1);
INSERT INTO public.schema_migrations VALUES (51, 'outgoing-calls', 1);
INSERT INTO public.schema_migrations VALUES (47, 'run-search', 1);
INSERT INTO public.schema_migrations VALUES (52, 'trials', 1);
INSERT INTO public.schema_migrations VALUES (65, 'workflow-lists', 1);
INSERT INTO public.schema_migrations VALUES (61, 'languages', 1);
INSERT INTO public.schema_migrations VALUES (67, 'canaries', 1);
INSERT INTO public.schema_migrations VALUES (68, 'canary-alerts', 1);
INSERT INTO public.schema_migrations VALUES (80, 'server-facts', 1);
INSERT INTO public.schema_migrations VALUES (77, 'audit-changes', 1);
INSERT INTO public.schema_migrations VALUES (83, 'queued-of-workflow', 1);
INSERT INTO public.schema_migrations VALUES (86, 'former-secrets', 1);
INSERT INTO public.schema_migrations VALUES (87, 'shared-editors', 1);
INSERT INTO public.schema_migrations VALUES (88, 'waiting-versions', 1);
INSERT INTO public.servers VALUES ('srv_01m8chbn0qqyanff2z6syrjqd5', 1795717191258, 1795717223572, NULL);
INSERT INTO public.session VALUES ('2XFrU5Fd6fistXMWodmqO18n4w0Z2lv5', '2026-12-03 18:19:55.011+00', 'vOOhPl6Cw9Z6rBPi6fDe3QPWtDBpFrpc', '2026-11-26 18:19:55.011+00', '2026-11-26 18:19:55.011+00', '', '', 'xMRRbK6f0dg0EOmHI42OZkPZ0fhIY2KH');
INSERT INTO public.setting_changes VALUES ('wf_01m8chbs9bcp46ye4qmgeqr5nc', '\x544f4b454e', 1, '\x0123231b85bcdf1a4ae8cb3ffc6e4903ccd15f01848c01c30a38f886c63bfd22caed4c3b56e11ea48046c42d24f5', 1, 1795717195085, '{"type":"api_key","id":"key_configured","name":"WORKFLOWS_API_KEY"}', NULL);
INSERT INTO public.setting_changes VALUES ('wf_01m8chbs9bcp46ye4qmgeqr5nc', '\x6e', 1, '\x0123231b858543b1aba248a92216887d562589606a0c032309a7a00b4fa34efc1f4a', 0, 1795717195219, '{"type":"run","id":"run_01m8chbsdsh24fj1057mnfatt9","name":"Counter"}', 'run_01m8chbsdsh24fj1057mnfatt9');
INSERT INTO public.setting_changes VALUES ('wf_01m8chbs9bcp46ye4qmgeqr5nc', '\x6e', 2, '\x0123231b855df942cf8d4fc88dacf4305312949897919c51d078a53fefd8184cc554', 0, 1795717195350, '{"type":"run","id":"run_01m8chbshzwvks0zt0bfnj67cr","name":"Counter"}', 'run_01m8chbshzwvks0zt0bfnj67cr');
INSERT INTO public.setting_changes VALUES ('wf_01m8chbs9bcp46ye4qmgeqr5nc', '\x6e', 3, '\x0123231b85e38ce1ca7a0882b825f57add18bce92dbd01e57bdac1b69860ce54c59e', 0, 1795717195376, '{"type":"run","id":"run_01m8chbsk7g3w698xhtfavw5pq","name":"Counter"}', 'run_01m8chbsk7g3w698xhtfavw5pq');
INSERT INTO public.settings VALUES ('wf_01m8chbs9bcp46ye4qmgeqr5nc', '\x544f4b454e', '\x0123231b85bcdf1a4ae8cb3ffc6e4903ccd15f01848c01c30a38f886c63bfd22caed4c3b56e11ea48046c42d24f5', 1, 1, 22, 1795717195085, '{"type":"api_key","id":"key_configured","name":"WORKFLOWS_API_KEY"}');
INSERT INTO public.settings VALUES ('wf_01m8chbs9bcp46ye4qmgeqr5nc', '\x6e', '\x0123231b85e38ce1ca7a0882b825f57add18bce92dbd01e57bdac1b69860ce54c59e', 0, 3, 6, 1795717195376, '{"type":"run","id":"run_01m8chbsk7g3w698xhtfavw5pq","name":"Counter"}');
INSERT INTO public.settings_totals VALUES ('wf_01m8chbs9bcp46ye4qmgeqr5nc', 2, 28);
INSERT INTO public.settings_totals VALUES ('wf_01m8chbsme03t7ebj2q1qcwss4', 0, 0);
INSERT INTO public.settings_totals VALUES ('wf_01m8chbsq0ms5ws7w8zgp04m38', 0, 0);
INSERT INTO public.settings_totals VALUES ('wf_01m8chbt07d9j17dd02sy68ex9', 0, 0);
INSERT INTO public."user" VALUES ('xMRRbK6f0dg0EOmHI42OZkPZ0fhIY2KH', 'Ada', 'ada@example.com', false, NULL, '2026-11-26 18:19:54.582+00', '2026-11-26 18:19:54.582+00');
INSERT INTO public.versions VALUES ('ver_01m8chbsbsdngc07s725qads5b', 'wf_01m8chbs9bcp46ye4qmgeqr5nc', 1, '\x64656620776f726b666c6f7728726571756573742c2073657474696e6773293a0a2020202073657474696e67735b226e225d203d2073657474696e67732e67657428226e222c203029202b20310a202020207072696e74282272756e222c2073657474696e67735b226e225d290a2020202072657475726e207b227374617475735f636f6465223a203230302c2022626f6479223a20222564202573222025202873657474696e67735b226e225d2c2073657474696e67735b22544f4b454e225d297d0a', '\x', 1795717195145, NULL, NULL, 0, NULL, 1795717195145, NULL, NULL, NULL);
INSERT INTO public.versions VALUES ('ver_01m8chbsmxpf9yh8vvfc3h3ge0', 'wf_01m8chbsme03t7ebj2q1qcwss4', 1, '\x64656620776f726b666c6f7728726571756573742c2073657474696e6773293a0a2020202072616973652056616c75654572726f7228226e6f22290a', '\x', 1795717195432, NULL, NULL, 0, NULL, 1795717195432, NULL, NULL, NULL);
INSERT INTO public.versions VALUES ('ver_01m8chbstnmhe6nnbqhagxhywb', 'wf_01m8chbsq0ms5ws7w8zgp04m38', 1, '\x64656620776f726b666c6f772873657474696e6773293a0a2020202072657475726e207b2270756c6c6564223a20327d0a', '\x', 1795717195739, NULL, NULL, 0, NULL, 1795717195739, NULL, NULL, NULL);
INSERT INTO public.versions VALUES ('ver_01m8chbt13xqkz6w9y9337cvb0', 'wf_01m8chbt07d9j17dd02sy68ex9', 1, '\x696d706f72742074696d650a64656620776f726b666c6f7728726571756573742c2073657474696e6773293a0a2020202074696d652e736c65657028323530290a', '\x', 1795717195828, NULL, NULL, 0, NULL, 1795717195828, NULL, NULL, NULL);
INSERT INTO public.workflows VALUES ('wf_01m8chbs9bcp46ye4qmgeqr5nc', 'Counter', 'counter', 'catch', '\x', 1, 0, 'python3', 30, 10, 'fresh', 33554432, NULL, '8af148429e300356f29d37d696c56581c8122c96', 'ver_01m8chbsbsdngc07s725qads5b', 1, 1795717195051, 1795717195145, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 512, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, NULL, NULL);
INSERT INTO public.workflows VALUES ('wf_01m8chbsme03t7ebj2q1qcwss4', 'Fails', 'fails', 'catch', '\x', 1, 0, 'python3', 30, 10, 'fresh', 33554432, NULL, '43a83e36cb81704c47a6209ededbf1d2310acc5f', 'ver_01m8chbsmxpf9yh8vvfc3h3ge0', 1, 1795717195406, 1795717195432, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 512, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, NULL, NULL);
INSERT INTO public.workflows VALUES ('wf_01m8chbsq0ms5ws7w8zgp04m38', 'Nightly', 'nightly', 'pull', '\x', 1, 0, 'python3', 300, 1, 'fresh', 33554432, '{"cron":"0 3 * * *","timezone":"Europe/Paris","overlap":"skip","missed":"last"}', NULL, 'ver_01m8chbstnmhe6nnbqhagxhywb', 1, 1795717195488, 1795717195739, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 512, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, NULL, NULL);
INSERT INTO public.workflows VALUES ('wf_01m8chbt07d9j17dd02sy68ex9', 'Waits', 'waits', 'catch', '\x', 1, 0, 'python3', 300, 10, 'fresh', 33554432, NULL, '10d118e22f0eec5a8749308f38ae59a063a9486f', 'ver_01m8chbt13xqkz6w9y9337cvb0', 1, 1795717195783, 1795717195828, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 512, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, NULL, NULL);
SELECT pg_catalog.setval('public.audit_log_id_seq', 11, true);
ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.alert_defaults
    ADD CONSTRAINT alert_defaults_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.alert_limits
    ADD CONSTRAINT alert_limits_key PRIMARY KEY (workflow_id, channel_id, type);
ALTER TABLE ONLY public.alert_states
    ADD CONSTRAINT alert_states_pkey PRIMARY KEY (workflow_id);
ALTER TABLE ONLY public.alerts
    ADD CONSTRAINT alerts_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_hash_key UNIQUE (hash);
ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.audit_horizon
    ADD CONSTRAINT audit_horizon_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT audit_log_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.canaries
    ADD CONSTRAINT canaries_pkey PRIMARY KEY (workflow_id);
ALTER TABLE ONLY public.cancel_requests
    ADD CONSTRAINT cancel_requests_pkey PRIMARY KEY (run_id);
ALTER TABLE ONLY public.channels
    ADD CONSTRAINT channels_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.code_draft_texts
    ADD CONSTRAINT code_draft_texts_by_revision PRIMARY KEY (workflow_id, owner_id, revision);
ALTER TABLE ONLY public.code_drafts
    ADD CONSTRAINT code_drafts_by_owner PRIMARY KEY (workflow_id, owner_id);
ALTER TABLE ONLY public.dead_letters
    ADD CONSTRAINT dead_letters_pkey PRIMARY KEY (run_id);
ALTER TABLE ONLY public.environments
    ADD CONSTRAINT environments_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.erasures
    ADD CONSTRAINT erasures_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT invitations_hash_key UNIQUE (hash);
ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT invitations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.meta
    ADD CONSTRAINT meta_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.person_languages
    ADD CONSTRAINT person_languages_pkey PRIMARY KEY (person_id);
ALTER TABLE ONLY public."rateLimit"
    ADD CONSTRAINT "rateLimit_key_key" UNIQUE (key);
ALTER TABLE ONLY public."rateLimit"
    ADD CONSTRAINT "rateLimit_pkey" PRIMARY KEY (id);
ALTER TABLE ONLY public.refused_calls
    ADD CONSTRAINT refused_calls_by_workflow PRIMARY KEY (workflow_id, id);
ALTER TABLE ONLY public.run_calls
    ADD CONSTRAINT run_calls_pkey PRIMARY KEY (run_id);
ALTER TABLE ONLY public.run_identities
    ADD CONSTRAINT run_identities_key PRIMARY KEY (hash, run_id);
ALTER TABLE ONLY public.run_originals
    ADD CONSTRAINT run_originals_pkey PRIMARY KEY (run_id);
ALTER TABLE ONLY public.run_requests
    ADD CONSTRAINT run_requests_pkey PRIMARY KEY (run_id);
ALTER TABLE ONLY public.run_results
    ADD CONSTRAINT run_results_pkey PRIMARY KEY (run_id);
ALTER TABLE ONLY public.run_texts
    ADD CONSTRAINT run_texts_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.run_texts
    ADD CONSTRAINT run_texts_run_id_key UNIQUE (run_id);
ALTER TABLE ONLY public.runs
    ADD CONSTRAINT runs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.sample_requests
    ADD CONSTRAINT sample_requests_pkey PRIMARY KEY (workflow_id);
ALTER TABLE ONLY public.schedules
    ADD CONSTRAINT schedules_pkey PRIMARY KEY (workflow_id);
ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (number);
ALTER TABLE ONLY public.search_pending
    ADD CONSTRAINT search_pending_pkey PRIMARY KEY (run_id);
ALTER TABLE ONLY public.servers
    ADD CONSTRAINT servers_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_token_key UNIQUE (token);
ALTER TABLE ONLY public.setting_changes
    ADD CONSTRAINT setting_changes_by_key PRIMARY KEY (workflow_id, key, revision);
ALTER TABLE ONLY public.settings
    ADD CONSTRAINT settings_by_key PRIMARY KEY (workflow_id, key);
ALTER TABLE ONLY public.settings_totals
    ADD CONSTRAINT settings_totals_pkey PRIMARY KEY (workflow_id);
ALTER TABLE ONLY public.shared_setting_changes
    ADD CONSTRAINT shared_setting_changes_by_key PRIMARY KEY (key, revision);
ALTER TABLE ONLY public.shared_settings
    ADD CONSTRAINT shared_settings_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.sign_in_limits
    ADD CONSTRAINT sign_in_limits_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.ticks
    ADD CONSTRAINT ticks_by_time PRIMARY KEY (workflow_id, due_at);
ALTER TABLE ONLY public.trial_cases
    ADD CONSTRAINT trial_cases_key PRIMARY KEY (trial_id, "position");
ALTER TABLE ONLY public.trials
    ADD CONSTRAINT trials_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public."user"
    ADD CONSTRAINT user_email_key UNIQUE (email);
ALTER TABLE ONLY public."user"
    ADD CONSTRAINT user_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.verification
    ADD CONSTRAINT verification_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.versions
    ADD CONSTRAINT versions_by_number UNIQUE (workflow_id, number);
ALTER TABLE ONLY public.versions
    ADD CONSTRAINT versions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.workflows
    ADD CONSTRAINT workflows_hook_key_key UNIQUE (hook_key);
ALTER TABLE ONLY public.workflows
    ADD CONSTRAINT workflows_pkey PRIMARY KEY (id);
CREATE INDEX "account_userId_idx" ON public.account USING btree ("userId");
CREATE INDEX alerts_by_time ON public.alerts USING btree (at, id);
CREATE INDEX alerts_due ON public.alerts USING btree (next_at) WHERE (status = 'queued'::text);
CREATE INDEX alerts_of_workflow ON public.alerts USING btree (workflow_id, at);
CREATE INDEX audit_log_by_action ON public.audit_log USING btree (action, id);
CREATE INDEX audit_log_by_actor_id ON public.audit_log USING btree ((((by_json)::json ->> 'id'::text)), id);
CREATE INDEX audit_log_by_actor_name ON public.audit_log USING btree ((((by_json)::json ->> 'name'::text)), id);
CREATE INDEX audit_log_by_time ON public.audit_log USING btree (at);
CREATE INDEX audit_log_by_workflow ON public.audit_log USING btree (workflow_id, id);
CREATE INDEX dead_letters_by_time ON public.dead_letters USING btree (failed_at);
CREATE INDEX dead_letters_of_group ON public.dead_letters USING btree (group_id, failed_at, run_id);
CREATE INDEX dead_letters_of_workflow ON public.dead_letters USING btree (workflow_id, failed_at, run_id);
CREATE INDEX idempotency_keys_by_time ON public.idempotency_keys USING btree (created_at);
CREATE INDEX run_identities_of_run ON public.run_identities USING btree (run_id);
CREATE INDEX run_originals_by_time ON public.run_originals USING btree (created_at);
CREATE INDEX run_texts_trgm ON public.run_texts USING gin (text public.gin_trgm_ops);
CREATE INDEX runs_by_first_attempt ON public.runs USING btree (retry_of, attempt) WHERE (retry_of IS NOT NULL);
CREATE INDEX runs_by_state ON public.runs USING btree (status, trigger, created_at, id);
CREATE INDEX runs_by_time ON public.runs USING btree (created_at, id);
CREATE INDEX runs_in_lane ON public.runs USING btree (workflow_id, lane, lane_position) WHERE ((lane IS NOT NULL) AND (status = ANY (ARRAY['queued'::text, 'running'::text])));
CREATE INDEX runs_of_canary ON public.runs USING btree (workflow_id, canary, created_at) WHERE (canary IS NOT NULL);
CREATE INDEX runs_of_workflow ON public.runs USING btree (workflow_id, created_at, id);
CREATE INDEX runs_of_workflow_by_state ON public.runs USING btree (workflow_id, status, trigger, created_at, id);
CREATE INDEX runs_of_workflow_reported ON public.runs USING btree (workflow_id, created_at, id) WHERE (warnings_json ~~ '%"code":"reported_failure"%'::text);
CREATE INDEX runs_queued ON public.runs USING btree (not_before, id, workflow_id) WHERE (status = 'queued'::text);
CREATE INDEX runs_queued_of_workflow ON public.runs USING btree (workflow_id, not_before, id) WHERE (status = 'queued'::text);
CREATE INDEX runs_reported ON public.runs USING btree (created_at, id) WHERE (warnings_json ~~ '%"code":"reported_failure"%'::text);
CREATE INDEX schedules_by_time ON public.schedules USING btree (next_at, workflow_id);
CREATE INDEX "session_userId_idx" ON public.session USING btree ("userId");
CREATE INDEX setting_changes_by_run ON public.setting_changes USING btree (run_id) WHERE (run_id IS NOT NULL);
CREATE INDEX setting_changes_of_secrets ON public.setting_changes USING btree (workflow_id, at) WHERE ((secret = 1) AND (value IS NOT NULL));
CREATE INDEX sign_in_limits_by_time ON public.sign_in_limits USING btree (has_account, last_at);
CREATE INDEX ticks_by_run ON public.ticks USING btree (run_id) WHERE (run_id IS NOT NULL);
CREATE INDEX trial_cases_of_run ON public.trial_cases USING btree (run_id);
CREATE INDEX trial_cases_of_trial_run ON public.trial_cases USING btree (trial_run_id);
CREATE INDEX trials_of_workflow ON public.trials USING btree (workflow_id, created_at, id);
CREATE INDEX trials_running ON public.trials USING btree (server_id) WHERE (status = 'running'::text);
CREATE INDEX verification_identifier_idx ON public.verification USING btree (identifier);
CREATE INDEX versions_by_environment ON public.versions USING btree (environment_id);
CREATE INDEX versions_waiting ON public.versions USING btree (id) WHERE (deploy_when_ready = 1);
CREATE INDEX workflows_by_change ON public.workflows USING btree (updated_at, id);
CREATE INDEX workflows_by_name ON public.workflows USING btree (search, id);
CREATE INDEX workflows_by_time ON public.workflows USING btree (created_at, id);
CREATE INDEX workflows_trgm ON public.workflows USING gin (search public.gin_trgm_ops);
CREATE INDEX workflows_with_canary ON public.workflows USING btree (id) WHERE (canary_json IS NOT NULL);
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR TRUNCATE ON public.audit_log FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change_of_audit_log();
CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON public.audit_log FOR EACH ROW EXECUTE FUNCTION public.refuse_deletion_in_audit_log();
ALTER TABLE ONLY public.account
    ADD CONSTRAINT "account_userId_fkey" FOREIGN KEY ("userId") REFERENCES public."user"(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.alert_limits
    ADD CONSTRAINT alert_limits_channel_id_fkey FOREIGN KEY (channel_id) REFERENCES public.channels(id);
ALTER TABLE ONLY public.alert_limits
    ADD CONSTRAINT alert_limits_workflow_id_fkey FOREIGN KEY (workflow_id) REFERENCES public.workflows(id);
ALTER TABLE ONLY public.alert_states
    ADD CONSTRAINT alert_states_workflow_id_fkey FOREIGN KEY (workflow_id) REFERENCES public.workflows(id);
ALTER TABLE ONLY public.code_drafts
    ADD CONSTRAINT code_drafts_workflow_id_fkey FOREIGN KEY (workflow_id) REFERENCES public.workflows(id);
ALTER TABLE ONLY public.dead_letters
    ADD CONSTRAINT dead_letters_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.runs(id);
ALTER TABLE ONLY public.dead_letters
    ADD CONSTRAINT dead_letters_workflow_id_fkey FOREIGN KEY (workflow_id) REFERENCES public.workflows(id);
ALTER TABLE ONLY public.refused_calls
    ADD CONSTRAINT refused_calls_workflow_id_fkey FOREIGN KEY (workflow_id) REFERENCES public.workflows(id);
ALTER TABLE ONLY public.run_requests
    ADD CONSTRAINT run_requests_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.runs(id);
ALTER TABLE ONLY public.run_results
    ADD CONSTRAINT run_results_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.runs(id);
ALTER TABLE ONLY public.run_texts
    ADD CONSTRAINT run_texts_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.runs(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.runs
    ADD CONSTRAINT runs_workflow_id_fkey FOREIGN KEY (workflow_id) REFERENCES public.workflows(id);
ALTER TABLE ONLY public.sample_requests
    ADD CONSTRAINT sample_requests_workflow_id_fkey FOREIGN KEY (workflow_id) REFERENCES public.workflows(id);
ALTER TABLE ONLY public.schedules
    ADD CONSTRAINT schedules_workflow_id_fkey FOREIGN KEY (workflow_id) REFERENCES public.workflows(id);
ALTER TABLE ONLY public.search_pending
    ADD CONSTRAINT search_pending_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.runs(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.session
    ADD CONSTRAINT "session_userId_fkey" FOREIGN KEY ("userId") REFERENCES public."user"(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.setting_changes
    ADD CONSTRAINT setting_changes_workflow_id_fkey FOREIGN KEY (workflow_id) REFERENCES public.workflows(id);
ALTER TABLE ONLY public.settings_totals
    ADD CONSTRAINT settings_totals_workflow_id_fkey FOREIGN KEY (workflow_id) REFERENCES public.workflows(id);
ALTER TABLE ONLY public.settings
    ADD CONSTRAINT settings_workflow_id_fkey FOREIGN KEY (workflow_id) REFERENCES public.workflows(id);
ALTER TABLE ONLY public.ticks
    ADD CONSTRAINT ticks_workflow_id_fkey FOREIGN KEY (workflow_id) REFERENCES public.workflows(id);
ALTER TABLE ONLY public.versions
    ADD CONSTRAINT versions_workflow_id_fkey FOREIGN KEY (workflow_id) REFERENCES public.workflows(id);
