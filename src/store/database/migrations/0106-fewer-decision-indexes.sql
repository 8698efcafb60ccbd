-- The row of the call is stored once, and its decision with it. Rows of one time are sorted by their id.
drop index decisions_by_call;
drop index decisions_by_time;
create index decisions_by_time on decisions (at);
