-- What isolation asks of the catalogues it asks for one relation after the other, by index, whatever their statistics say. When
-- many schemas were made in a short time these still tell of a small catalogue, and a plan that reads the whole of it would
-- take as long as there are tenants. Functions that check rows, as for a foreign key, plan as ever.
do $$
declare looked_up regprocedure;
begin
  foreach looked_up in array array[
    'hestia.relations(name)', 'hestia.check_policies(regclass)', 'hestia.check_convertible(regclass)',
    'hestia.isolate_column(regclass)', 'hestia.isolate_sequences(regclass)', 'hestia.foreign_keys(oid[])', 'hestia.family(regclass[])',
    'hestia.isolate_constraints(regclass)', 'hestia.isolate_indexes(regclass)', 'hestia.isolate_rows(regclass, name)',
    'hestia.faults_of(name, oid[])', 'hestia.excesses_of(name, oid[])', 'hestia.strays(name)', 'hestia.loose_ends(name)',
    'hestia.settle_routines(name)'
  ]::regprocedure[] loop
    execute format('alter function %s set enable_seqscan = off', looked_up);
    execute format('alter function %s set enable_hashjoin = off', looked_up);
    execute format('alter function %s set enable_mergejoin = off', looked_up);
  end loop;
end $$;
