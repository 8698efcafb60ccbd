-- The pairs that a trial runs, and their outcomes.
alter table trials add column fairness_json text;
