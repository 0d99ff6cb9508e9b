create table orders (
  id         bigint not null primary key,
  customer   text not null,
  status     text not null,
  amount     bigint not null,
  created_at timestamptz not null default now()
);
create index orders_created on orders (created_at desc);
