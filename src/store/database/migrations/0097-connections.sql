-- Sign-ins at other services. `secrets` and `tokens` are ciphertexts.
create table connections (
  id {id} primary key,
  name {id} not null,
  config_json text not null,
  secrets {bytes} not null,
  tokens {bytes},
  -- Grows with each sign-in, each refresh and each disconnection.
  generation {long} not null,
  status text not null,
  account text,
  expires_at {long},
  refreshed_at {long},
  -- Whether the provider replaces refresh tokens. Null: unknown.
  rotates integer,
  -- The server that sent the refresh token and has not stored the answer yet.
  refresh_server_id {id},
  refresh_started_at {long},
  failures integer not null,
  retry_at {long},
  problem text,
  created_by_json text not null,
  created_at {long} not null
);
create unique index connections_by_name on connections (name);

-- Sign-ins that have not returned yet, by the hash of their state.
create table connection_sign_ins (
  state_hash {id} primary key,
  connection_id {id} not null,
  session_hash text not null,
  verifier {bytes} not null,
  redirect_uri text not null,
  expires_at {long} not null
);
alter table workflows add column connections_json text;
