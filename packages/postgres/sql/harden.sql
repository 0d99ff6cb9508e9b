-- Closes what a tenant's SQL could otherwise use to see, signal or outlive its scope.
-- Needs a superuser; applied once per data database. Where there is none, `hestia doctor` says what is missing.

revoke all on schema public from public;
revoke usage on schema information_schema from public;
grant usage on schema information_schema to {{owner}}, {{system}}, pg_monitor;
revoke usage on language plpgsql from public;
grant usage on language plpgsql to {{owner}};

do $$
declare f record;
begin
  for f in
    select p.oid::regprocedure as signature
    from pg_proc p
    where p.pronamespace = 'pg_catalog'::regnamespace
      and (
        p.proname ~ '^(pg_(try_)?advisory_|lo_|pg_stat_get_|pg_stat_reset|pg_logical_|pg_replication_|pg_(current|last|next)_?wal|pg_current_xact|pg_xact_|pg_(ls|read)_|pg_get_wal|pg_sequence_last_value|(table|query|cursor|schema|database)_to_xml|txid_|pg_stat_clear|pg_snapshot_|pg_visible_in_snapshot|pg_current_snapshot|pg_backup|pg_walfile|pg_blocking|pg_safe_snapshot|pg_isolation|pg_get_backend_|pg_log_backend|pg_show_all_|pg_get_shmem|pg_get_aios|pg_control_|pg_get_multixact|pg_available_wal|pg_wal_summar|to_reg(class|role|namespace)$|has_.*_privilege$|pg_has_role$|pg_prepared|pg_cursor|pg_relation_(size|filenode|filepath)|pg_(total_relation|table|indexes|database|tablespace)_size)'
        or p.proname in (
          'set_config', 'pg_cancel_backend', 'pg_terminate_backend', 'pg_notify', 'pg_lock_status',
          'pg_listening_channels', 'pg_notification_queue_usage', 'pg_export_snapshot', 'loread', 'lowrite',
          'currtid2', 'ts_stat', 'setseed', 'lastval', 'pg_get_replication_slots', 'pg_last_committed_xact', 'pg_column_toast_chunk_id', 'pg_stats_ext_mcvlist_items', 'pg_mcv_list_items',
          'pg_partition_ancestors', 'pg_get_publication_tables', 'pg_clear_attribute_stats',
          'pg_restore_attribute_stats', 'pg_clear_relation_stats', 'pg_restore_relation_stats',
          -- What describes any object by its number, another tenant's too.
          'pg_describe_object', 'pg_identify_object', 'pg_identify_object_as_address', 'pg_get_object_address',
          'pg_get_viewdef', 'pg_get_constraintdef', 'pg_get_indexdef', 'pg_get_functiondef', 'pg_get_triggerdef',
          'pg_get_ruledef', 'pg_get_userbyid', 'pg_get_partkeydef', 'pg_get_partition_constraintdef',
          'pg_get_statisticsobjdef', 'pg_get_acl', 'shobj_description', 'pg_tablespace_databases', 'pg_get_serial_sequence',
          'pg_get_sequence_data', 'pg_filenode_relation', 'pg_partition_tree', 'pg_partition_root',
          'pg_reload_conf', 'pg_rotate_logfile', 'pg_postmaster_start_time', 'pg_event_trigger_ddl_commands'
        )
        -- The form that runs a query hidden in a text.
        or p.oid = 'pg_catalog.ts_rewrite(tsquery, text)'::regprocedure
      )
  loop
    execute format('revoke execute on function %s from public', f.signature);
    execute format('grant execute on function %s to %s, %s, pg_monitor', f.signature, {{owner_literal}}, {{system_literal}});
  end loop;
end $$;

-- Catalogues that name other tenants (schemas, databases, roles, pinned checks) or count their rows.
do $$
declare c text;
begin
  foreach c in array array[
    'pg_class', 'pg_namespace', 'pg_database', 'pg_roles', 'pg_user', 'pg_group', 'pg_auth_members',
    'pg_db_role_setting', 'pg_shdepend', 'pg_shdescription', 'pg_constraint', 'pg_policy', 'pg_policies',
    'pg_tables', 'pg_views', 'pg_matviews', 'pg_indexes', 'pg_sequences', 'pg_stats', 'pg_stats_ext',
    'pg_stats_ext_exprs', 'pg_default_acl', 'pg_init_privs', 'pg_shseclabel', 'pg_seclabel', 'pg_largeobject_metadata'
  ]
  loop
    execute format('revoke select on table pg_catalog.%I from public', c);
    execute format('grant select on table pg_catalog.%I to %s, %s, pg_monitor', c, {{owner_literal}}, {{system_literal}});
  end loop;
end $$;
