-- The fleet is counted by status and isolation model: with the model in the index of statuses the table is not read for it.
drop index platform.tenants_status;
create index tenants_status on platform.tenants (status, created_at, id) include (isolation);
