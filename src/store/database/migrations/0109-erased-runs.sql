-- When the data of a run were erased.
alter table runs add column erased_at {long};
-- sqlite:
update runs set erased_at = erased.at from (
    select json_each.value as id, max(at) as at from erasures, json_each(runs_json) group by json_each.value
  ) as erased where runs.id = erased.id;
-- postgres:
update runs set erased_at = erased.at from (
    select value as id, max(at) as at from erasures, json_array_elements_text(runs_json::json) group by value
  ) as erased where runs.id = erased.id;
