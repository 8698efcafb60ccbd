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
CREATE TABLE public.api_keys (
    id text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL,
    prefix text NOT NULL,
    hash text NOT NULL COLLATE pg_catalog."C",
    created_at bigint NOT NULL,
    created_by_json text NOT NULL,
    last_used_at bigint,
    revoked_at bigint
);
CREATE TABLE public.audit_log (
    id bigint NOT NULL,
    at bigint NOT NULL,
    by_json text NOT NULL,
    action text NOT NULL,
    workflow_id text COLLATE pg_catalog."C",
    detail bytea NOT NULL
);
CREATE SEQUENCE public.audit_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.audit_log_id_seq OWNED BY public.audit_log.id;
CREATE TABLE public.meta (
    key text NOT NULL,
    value bytea NOT NULL
);
CREATE TABLE public."rateLimit" (
    id text NOT NULL,
    key text NOT NULL,
    count integer NOT NULL,
    "lastRequest" bigint NOT NULL
);
CREATE TABLE public.run_requests (
    run_id text NOT NULL COLLATE pg_catalog."C",
    head_json text,
    body bytea,
    source bytea
);
CREATE TABLE public.run_results (
    run_id text NOT NULL COLLATE pg_catalog."C",
    result_json text,
    logs_json text
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
    server_id text COLLATE pg_catalog."C"
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
CREATE TABLE public.servers (
    id text NOT NULL COLLATE pg_catalog."C",
    started_at bigint NOT NULL,
    lease_until bigint NOT NULL
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
CREATE TABLE public.ticks (
    workflow_id text NOT NULL COLLATE pg_catalog."C",
    due_at bigint NOT NULL,
    outcome text NOT NULL,
    reason text,
    run_id text COLLATE pg_catalog."C",
    attempts integer NOT NULL
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
    created_at bigint NOT NULL
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
    updated_at bigint NOT NULL
);
ALTER TABLE ONLY public.audit_log ALTER COLUMN id SET DEFAULT nextval('public.audit_log_id_seq'::regclass);
INSERT INTO public.account VALUES ('xH6JCHrAhwR0G5mcYeGMeTtca1NWDzDO', 'xMRRbK6f0dg0EOmHI42OZkPZ0fhIY2KH', 'credential', 'xMRRbK6f0dg0EOmHI42OZkPZ0fhIY2KH', NULL, NULL, NULL, NULL, NULL, NULL, '57806c4f5ae44352fcef434eef642030:aa1be3e2e49823beddc12c09f4ab0830faadbf93d9a1818c6f851dd1ebec2e28bb009387cb0ce9d57c22ec506ca3f7e324c116cf6ba392289ac38c6be38f00ab', '2026-11-26 18:19:54.651+00', '2026-11-26 18:19:54.651+00');
INSERT INTO public.api_keys VALUES ('key_01m8chbw10zerx8rynnpk58m5t', 'ci', 'wf_8q7Vbo-', '022680eb90c5cd63d90a541ae69970c166eed59b8a67462d1b4ceee78259b67f', 1795717197856, '{"type":"api_key","id":"key_configured","name":"WORKFLOWS_API_KEY"}', NULL, NULL);
INSERT INTO public.audit_log VALUES (1, 1795717195025, '{"type":"person","id":"xMRRbK6f0dg0EOmHI42OZkPZ0fhIY2KH","name":"Ada"}', 'owner.create', NULL, '\x616461406578616d706c652e636f6d');
INSERT INTO public.audit_log VALUES (2, 1795717195056, '{"type":"api_key","id":"key_configured","name":"WORKFLOWS_API_KEY"}', 'workflow.create', 'wf_01m8chbs9bcp46ye4qmgeqr5nc', '\x436f756e746572');
INSERT INTO public.audit_log VALUES (3, 1795717195105, '{"type":"api_key","id":"key_configured","name":"WORKFLOWS_API_KEY"}', 'setting.set', 'wf_01m8chbs9bcp46ye4qmgeqr5nc', '\x544f4b454e');
INSERT INTO public.audit_log VALUES (4, 1795717195160, '{"type":"api_key","id":"key_configured","name":"WORKFLOWS_API_KEY"}', 'version.deploy', 'wf_01m8chbs9bcp46ye4qmgeqr5nc', '\x76657273696f6e2031');
INSERT INTO public.audit_log VALUES (5, 1795717195409, '{"type":"api_key","id":"key_configured","name":"WORKFLOWS_API_KEY"}', 'workflow.create', 'wf_01m8chbsme03t7ebj2q1qcwss4', '\x4661696c73');
INSERT INTO public.audit_log VALUES (6, 1795717195448, '{"type":"api_key","id":"key_configured","name":"WORKFLOWS_API_KEY"}', 'version.deploy', 'wf_01m8chbsme03t7ebj2q1qcwss4', '\x76657273696f6e2031');
INSERT INTO public.audit_log VALUES (7, 1795717195600, '{"type":"api_key","id":"key_configured","name":"WORKFLOWS_API_KEY"}', 'workflow.create', 'wf_01m8chbsq0ms5ws7w8zgp04m38', '\x4e696768746c79');
INSERT INTO public.audit_log VALUES (8, 1795717195768, '{"type":"api_key","id":"key_configured","name":"WORKFLOWS_API_KEY"}', 'version.deploy', 'wf_01m8chbsq0ms5ws7w8zgp04m38', '\x76657273696f6e2031');
INSERT INTO public.audit_log VALUES (9, 1795717195793, '{"type":"api_key","id":"key_configured","name":"WORKFLOWS_API_KEY"}', 'workflow.create', 'wf_01m8chbt07d9j17dd02sy68ex9', '\x5761697473');
INSERT INTO public.audit_log VALUES (10, 1795717195848, '{"type":"api_key","id":"key_configured","name":"WORKFLOWS_API_KEY"}', 'version.deploy', 'wf_01m8chbt07d9j17dd02sy68ex9', '\x76657273696f6e2031');
INSERT INTO public.audit_log VALUES (11, 1795717197860, '{"type":"api_key","id":"key_configured","name":"WORKFLOWS_API_KEY"}', 'key.create', NULL, '\x6369');
INSERT INTO public.meta VALUES ('key-check', '\x0123231b850da30e2a5d219ec2faa6b8483e94159888f15fb354c39a515b422510014fb58ec6464898d7');
INSERT INTO public.run_requests VALUES ('run_01m8chbsdsh24fj1057mnfatt9', '{"method":"POST","url":"/hooks/8af148429e300356f29d37d696c56581c8122c96","query":"","headers":[["host","127.0.0.1:4712"],["connection","keep-alive"],["content-type","application/json"],["accept","*/*"],["accept-language","*"],["sec-fetch-mode","cors"],["user-agent","node"],["accept-encoding","gzip, deflate"],["content-length","22"]]}', '\x7b2263616e646964617465223a20224772616365227d', NULL);
INSERT INTO public.run_requests VALUES ('run_01m8chbshzwvks0zt0bfnj67cr', '{"method":"POST","url":"/hooks/8af148429e300356f29d37d696c56581c8122c96","query":"","headers":[["host","127.0.0.1:4712"],["connection","keep-alive"],["content-type","application/json"],["accept","*/*"],["accept-language","*"],["sec-fetch-mode","cors"],["user-agent","node"],["accept-encoding","gzip, deflate"],["content-length","22"]]}', '\x7b2263616e646964617465223a20224772616365227d', NULL);
INSERT INTO public.run_requests VALUES ('run_01m8chbsk7g3w698xhtfavw5pq', '{"method":"POST","url":"/hooks/8af148429e300356f29d37d696c56581c8122c96","query":"","headers":[["host","127.0.0.1:4712"],["connection","keep-alive"],["content-type","application/json"],["accept","*/*"],["accept-language","*"],["sec-fetch-mode","cors"],["user-agent","node"],["accept-encoding","gzip, deflate"],["content-length","22"]]}', '\x7b2263616e646964617465223a20224772616365227d', NULL);
INSERT INTO public.run_requests VALUES ('run_01m8chbsp5y53j0qycb4s5vj09', '{"method":"POST","url":"/hooks/43a83e36cb81704c47a6209ededbf1d2310acc5f","query":"","headers":[["host","127.0.0.1:4712"],["connection","keep-alive"],["content-type","application/json"],["accept","*/*"],["accept-language","*"],["sec-fetch-mode","cors"],["user-agent","node"],["accept-encoding","gzip, deflate"],["content-length","2"]]}', '\x7b7d', NULL);
INSERT INTO public.run_requests VALUES ('run_01m8chbt2h8y0tkv32d380xcs1', '{"method":"POST","url":"/hooks/10d118e22f0eec5a8749308f38ae59a063a9486f","query":"","headers":[["host","127.0.0.1:4712"],["connection","keep-alive"],["content-type","application/json"],["accept","*/*"],["accept-language","*"],["sec-fetch-mode","cors"],["user-agent","node"],["accept-encoding","gzip, deflate"],["content-length","2"]]}', '\x7b7d', NULL);
INSERT INTO public.run_results VALUES ('run_01m8chbsdsh24fj1057mnfatt9', '{"traceback":null,"response":{"status":200,"headers":[],"body":"1 ***"},"result":null}', '[[1795717195214,"stdout","run 1"]]');
INSERT INTO public.run_results VALUES ('run_01m8chbshzwvks0zt0bfnj67cr', '{"traceback":null,"response":{"status":200,"headers":[],"body":"2 ***"},"result":null}', '[[1795717195344,"stdout","run 2"]]');
INSERT INTO public.run_results VALUES ('run_01m8chbsk7g3w698xhtfavw5pq', '{"traceback":null,"response":{"status":200,"headers":[],"body":"3 ***"},"result":null}', '[[1795717195375,"stdout","run 3"]]');
INSERT INTO public.run_results VALUES ('run_01m8chbsp5y53j0qycb4s5vj09', '{"traceback":"Traceback (most recent call last):\n  File \"workflow.py\", line 2, in workflow\n    raise ValueError(\"no\")\nValueError: no\n","response":null,"result":null}', NULL);
INSERT INTO public.runs VALUES ('run_01m8chbsdsh24fj1057mnfatt9', 'wf_01m8chbs9bcp46ye4qmgeqr5nc', 'ver_01m8chbsbsdngc07s725qads5b', 'hook', 'succeeded', NULL, NULL, NULL, NULL, 1, 1795717195193, 1795717195193, 1795717195219, '{"accept":1.7844249999998283,"queue":0.248,"commit":18.775,"start":0.116,"load":0,"run":5.124}', 'srv_01m8chbn0qqyanff2z6syrjqd5');
INSERT INTO public.runs VALUES ('run_01m8chbshzwvks0zt0bfnj67cr', 'wf_01m8chbs9bcp46ye4qmgeqr5nc', 'ver_01m8chbsbsdngc07s725qads5b', 'hook', 'succeeded', NULL, NULL, NULL, NULL, 1, 1795717195327, 1795717195327, 1795717195350, '{"accept":35.47100899999987,"queue":0.029,"commit":15.282,"start":0.031,"load":0,"run":7.311}', 'srv_01m8chbn0qqyanff2z6syrjqd5');
INSERT INTO public.runs VALUES ('run_01m8chbsk7g3w698xhtfavw5pq', 'wf_01m8chbs9bcp46ye4qmgeqr5nc', 'ver_01m8chbsbsdngc07s725qads5b', 'hook', 'succeeded', NULL, NULL, NULL, NULL, 1, 1795717195367, 1795717195367, 1795717195376, '{"accept":1.1547450000007302,"queue":0.02,"commit":5.193,"start":0.038,"load":0,"run":3.625}', 'srv_01m8chbn0qqyanff2z6syrjqd5');
INSERT INTO public.runs VALUES ('run_01m8chbsp5y53j0qycb4s5vj09', 'wf_01m8chbsme03t7ebj2q1qcwss4', 'ver_01m8chbsmxpf9yh8vvfc3h3ge0', 'hook', 'failed', 'exception', '"ValueError: no"', NULL, NULL, 1, 1795717195461, 1795717195461, 1795717195476, '{"accept":1.218829999999798,"queue":0.027,"commit":10.556,"start":0.049,"load":0,"run":4.005}', 'srv_01m8chbn0qqyanff2z6syrjqd5');
INSERT INTO public.runs VALUES ('run_01m8chbt2h8y0tkv32d380xcs1', 'wf_01m8chbt07d9j17dd02sy68ex9', 'ver_01m8chbt13xqkz6w9y9337cvb0', 'hook', 'running', NULL, NULL, NULL, NULL, 1, 1795717195857, 1795717195857, NULL, NULL, 'srv_01m8chbn0qqyanff2z6syrjqd5');
INSERT INTO public.schedules VALUES ('wf_01m8chbsq0ms5ws7w8zgp04m38', 1795717195739, 1795744800000);
INSERT INTO public.schema_migrations VALUES (1, 'initial', 1795717190877);
INSERT INTO public.servers VALUES ('srv_01m8chbn0qqyanff2z6syrjqd5', 1795717191258, 1795717223572);
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
INSERT INTO public.versions VALUES ('ver_01m8chbsbsdngc07s725qads5b', 'wf_01m8chbs9bcp46ye4qmgeqr5nc', 1, '\x64656620776f726b666c6f7728726571756573742c2073657474696e6773293a0a2020202073657474696e67735b226e225d203d2073657474696e67732e67657428226e222c203029202b20310a202020207072696e74282272756e222c2073657474696e67735b226e225d290a2020202072657475726e207b227374617475735f636f6465223a203230302c2022626f6479223a20222564202573222025202873657474696e67735b226e225d2c2073657474696e67735b22544f4b454e225d297d0a', '\x', 1795717195145);
INSERT INTO public.versions VALUES ('ver_01m8chbsmxpf9yh8vvfc3h3ge0', 'wf_01m8chbsme03t7ebj2q1qcwss4', 1, '\x64656620776f726b666c6f7728726571756573742c2073657474696e6773293a0a2020202072616973652056616c75654572726f7228226e6f22290a', '\x', 1795717195432);
INSERT INTO public.versions VALUES ('ver_01m8chbstnmhe6nnbqhagxhywb', 'wf_01m8chbsq0ms5ws7w8zgp04m38', 1, '\x64656620776f726b666c6f772873657474696e6773293a0a2020202072657475726e207b2270756c6c6564223a20327d0a', '\x', 1795717195739);
INSERT INTO public.versions VALUES ('ver_01m8chbt13xqkz6w9y9337cvb0', 'wf_01m8chbt07d9j17dd02sy68ex9', 1, '\x696d706f72742074696d650a64656620776f726b666c6f7728726571756573742c2073657474696e6773293a0a2020202074696d652e736c65657028323530290a', '\x', 1795717195828);
INSERT INTO public.workflows VALUES ('wf_01m8chbs9bcp46ye4qmgeqr5nc', 'Counter', 'counter', 'catch', '\x', 1, 0, 'python3', 30, 10, 'fresh', 33554432, NULL, '8af148429e300356f29d37d696c56581c8122c96', 'ver_01m8chbsbsdngc07s725qads5b', 1, 1795717195051, 1795717195145);
INSERT INTO public.workflows VALUES ('wf_01m8chbsme03t7ebj2q1qcwss4', 'Fails', 'fails', 'catch', '\x', 1, 0, 'python3', 30, 10, 'fresh', 33554432, NULL, '43a83e36cb81704c47a6209ededbf1d2310acc5f', 'ver_01m8chbsmxpf9yh8vvfc3h3ge0', 1, 1795717195406, 1795717195432);
INSERT INTO public.workflows VALUES ('wf_01m8chbsq0ms5ws7w8zgp04m38', 'Nightly', 'nightly', 'pull', '\x', 1, 0, 'python3', 300, 1, 'fresh', 33554432, '{"cron":"0 3 * * *","timezone":"Europe/Paris","overlap":"skip","missed":"last"}', NULL, 'ver_01m8chbstnmhe6nnbqhagxhywb', 1, 1795717195488, 1795717195739);
INSERT INTO public.workflows VALUES ('wf_01m8chbt07d9j17dd02sy68ex9', 'Waits', 'waits', 'catch', '\x', 1, 0, 'python3', 300, 10, 'fresh', 33554432, NULL, '10d118e22f0eec5a8749308f38ae59a063a9486f', 'ver_01m8chbt13xqkz6w9y9337cvb0', 1, 1795717195783, 1795717195828);
SELECT pg_catalog.setval('public.audit_log_id_seq', 11, true);
ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_hash_key UNIQUE (hash);
ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT audit_log_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.meta
    ADD CONSTRAINT meta_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public."rateLimit"
    ADD CONSTRAINT "rateLimit_key_key" UNIQUE (key);
ALTER TABLE ONLY public."rateLimit"
    ADD CONSTRAINT "rateLimit_pkey" PRIMARY KEY (id);
ALTER TABLE ONLY public.run_requests
    ADD CONSTRAINT run_requests_pkey PRIMARY KEY (run_id);
ALTER TABLE ONLY public.run_results
    ADD CONSTRAINT run_results_pkey PRIMARY KEY (run_id);
ALTER TABLE ONLY public.runs
    ADD CONSTRAINT runs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.schedules
    ADD CONSTRAINT schedules_pkey PRIMARY KEY (workflow_id);
ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (number);
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
ALTER TABLE ONLY public.ticks
    ADD CONSTRAINT ticks_by_time PRIMARY KEY (workflow_id, due_at);
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
CREATE INDEX runs_by_state ON public.runs USING btree (status, trigger, created_at, id);
CREATE INDEX runs_by_time ON public.runs USING btree (created_at, id);
CREATE INDEX runs_of_workflow ON public.runs USING btree (workflow_id, created_at, id);
CREATE INDEX runs_of_workflow_by_state ON public.runs USING btree (workflow_id, status, trigger, created_at, id);
CREATE INDEX runs_queued ON public.runs USING btree (created_at, id, workflow_id) WHERE (status = 'queued'::text);
CREATE INDEX schedules_by_time ON public.schedules USING btree (next_at, workflow_id);
CREATE INDEX "session_userId_idx" ON public.session USING btree ("userId");
CREATE INDEX setting_changes_by_run ON public.setting_changes USING btree (run_id) WHERE (run_id IS NOT NULL);
CREATE INDEX ticks_by_run ON public.ticks USING btree (run_id) WHERE (run_id IS NOT NULL);
CREATE INDEX verification_identifier_idx ON public.verification USING btree (identifier);
CREATE INDEX workflows_by_time ON public.workflows USING btree (created_at, id);
ALTER TABLE ONLY public.account
    ADD CONSTRAINT "account_userId_fkey" FOREIGN KEY ("userId") REFERENCES public."user"(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.run_requests
    ADD CONSTRAINT run_requests_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.runs(id);
ALTER TABLE ONLY public.run_results
    ADD CONSTRAINT run_results_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.runs(id);
ALTER TABLE ONLY public.runs
    ADD CONSTRAINT runs_workflow_id_fkey FOREIGN KEY (workflow_id) REFERENCES public.workflows(id);
ALTER TABLE ONLY public.schedules
    ADD CONSTRAINT schedules_workflow_id_fkey FOREIGN KEY (workflow_id) REFERENCES public.workflows(id);
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
