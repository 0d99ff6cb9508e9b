-- What every tenant reads and none may write.
create table currencies (
  code text not null,
  name text not null,
  constraint currencies_pkey primary key (code)
);
insert into currencies (code, name) values ('EUR', 'Euro'), ('USD', 'US dollar');
