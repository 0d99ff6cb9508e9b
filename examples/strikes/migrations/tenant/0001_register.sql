-- An airline's register of wildlife strikes. Written as if there were one airline alone: Hestia adds the rest.
create table aircraft (
  id    uuid not null,
  model text not null,
  constraint aircraft_pkey primary key (id),
  constraint aircraft_model_key unique (model)
);

create table strikes (
  id           uuid not null,
  occurred_on  date not null,
  airport_name text not null,
  airport_code text,
  state        text not null,
  aircraft_id  uuid not null,
  species      text not null,
  size         text not null,
  phase        text not null,
  time_of_day  text not null,
  damage       text not null,
  repair_cost  bigint not null default 0,
  other_cost   bigint not null default 0,
  cost         bigint not null generated always as (repair_cost + other_cost) stored,
  speed_knots  integer,
  constraint strikes_pkey primary key (id),
  constraint strikes_aircraft_fkey foreign key (aircraft_id) references aircraft (id),
  constraint strikes_airport_fkey foreign key (airport_code) references airports (code),
  constraint strikes_species_fkey foreign key (species) references species (name),
  constraint strikes_damage_check check (damage in ('none', 'minor', 'medium', 'substantial')),
  constraint strikes_phase_check
    check (phase in ('parked', 'taxi', 'take-off run', 'climb', 'descent', 'approach', 'landing roll')),
  constraint strikes_size_check check (size in ('small', 'medium', 'large')),
  constraint strikes_time_check check (time_of_day in ('dawn', 'day', 'dusk', 'night')),
  constraint strikes_cost_check check (repair_cost >= 0 and other_cost >= 0)
);
comment on column strikes.airport_name is 'As the report has it; airport_code is null where no airport answers to it.';
comment on column strikes.cost is 'Whole US dollars.';

-- The two orders of the list, and its filters in the first of them.
create index strikes_newest on strikes (occurred_on desc, id desc);
create index strikes_costliest on strikes (cost desc, id desc);
create index strikes_species on strikes (species, occurred_on desc, id desc);
create index strikes_airport on strikes (airport_name, occurred_on desc, id desc);
create index strikes_state on strikes (state, occurred_on desc, id desc);
create index strikes_damage on strikes (damage, occurred_on desc, id desc);
create index strikes_aircraft on strikes (aircraft_id, occurred_on desc, id desc);

create table notes (
  id         uuid not null default gen_random_uuid(),
  strike_id  uuid not null,
  author     text not null,
  body       text not null,
  created_at timestamptz not null default now(),
  constraint notes_pkey primary key (id),
  constraint notes_strike_fkey foreign key (strike_id) references strikes (id) on delete cascade,
  constraint notes_author_check check (length(author) between 1 and 80),
  constraint notes_body_check check (length(body) between 1 and 2000)
);
create index notes_strike on notes (strike_id, created_at, id);
