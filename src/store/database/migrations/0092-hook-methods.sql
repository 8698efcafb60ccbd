-- Null: POST only.
alter table workflows add column methods_json text;
