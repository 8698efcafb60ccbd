-- Counts have rows of six hours and another form of `durations`. No release has written these tables: the job counts all
-- runs again.
delete from run_counts;
delete from run_counts_open;
delete from run_counts_reach;
