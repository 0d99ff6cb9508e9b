-- What every airline reads and none may write: the airports of the United States, and the species that strikes name.
create table airports (
  code    text not null,
  name    text not null,
  city    text not null,
  state   text not null,
  country text not null,
  constraint airports_pkey primary key (code)
);

create table species (
  name       text not null,
  identified boolean not null,
  constraint species_pkey primary key (name)
);
comment on column species.identified is 'False for what could not be told, such as "Unknown bird - small".';
