// Applications that are checked: one as it should be, and ones with a hole.
import { type MigrationFile, migrationFile } from "@hestia/postgres/platform";

const shared = migrationFile(
  "shared",
  "0001_countries.sql",
  "create table countries (code text primary key, name text not null); insert into countries values ('ch', 'Switzerland'), ('jp', 'Japan');",
);

/** The application of Hestia's own attacks. */
export const orders: MigrationFile[] = [
  shared,
  migrationFile(
    "tenant",
    "0001_orders.sql",
    `create table customers (id bigint primary key, email text not null unique, country text references countries (code));
     create table orders (
       id bigint primary key, customer_id bigint references customers (id) on delete set null,
       note text, amount bigint, number bigint generated always as identity
     );
     create index orders_note on orders (note);
     create table scratch (id bigint primary key);
     create view large_orders as select * from orders where amount >= 100;
     create function order_count() returns bigint language sql stable as 'select count(*) from orders';`,
  ),
];

/** Tables with everything that makes rows hard to find: checks, domains, enums, circles, partitions, exclusions. */
export const intricate: MigrationFile[] = [
  migrationFile(
    "tenant",
    "0001_intricate.sql",
    `create type mood as enum ('sad', 'ok', 'happy');
     create domain iban as text check (value ~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}$');
     create domain percent as numeric(5,2) check (value >= 0 and value <= 100);
     create table teams (id uuid primary key default gen_random_uuid(), lead_id uuid, name varchar(12) not null unique);
     create table members (
       id uuid primary key default gen_random_uuid(),
       team_id uuid not null references teams (id) on delete cascade,
       boss_id uuid references members (id),
       email text not null check (email like '%@%.%'), account iban not null, share percent not null,
       mood mood not null default 'ok', tags text[] not null default '{}', meta jsonb not null default '{}',
       born date not null check (born > '1900-01-01' and born < '2020-01-01'), left_on date, check (left_on > born),
       code char(2) not null check (code = upper(code) and length(code) = 2), marks varchar(5)[] not null, rates numeric(3,2)[] not null
     );
     alter table teams add constraint teams_lead_fkey foreign key (lead_id) references members (id);
     create table eggs (id bigint primary key, hen_id bigint not null);
     create table hens (id bigint primary key, egg_id bigint not null references eggs (id) deferrable initially deferred);
     alter table eggs add constraint eggs_hen_fkey foreign key (hen_id) references hens (id) deferrable initially deferred;
     create table folders (id bigint generated always as identity primary key, parent_id bigint not null references folders (id));
     create table readings (at timestamptz not null, sensor integer not null, value double precision, primary key (at, sensor)) partition by range (at);
     create table readings_2026 partition of readings for values from ('2026-01-01') to ('2027-01-01');
     create table kinds (kind text not null, id bigint not null, primary key (kind, id)) partition by list (kind);
     create table kinds_a partition of kinds for values in ('alpha', 'beta');
     create table bookings (room integer not null, during tstzrange not null, exclude using gist (room with =, during with &&));
     create table ledger (id serial primary key, amount numeric(10,2) not null check (amount > 0), doubled numeric generated always as (amount * 2) stored);
     create view happy as select id, email from members where mood = 'happy';
     create function members_of(team uuid) returns setof members language sql stable as 'select * from members where team_id = team';
     create procedure forget(member uuid) language sql as 'delete from members where id = member';`,
  ),
];
