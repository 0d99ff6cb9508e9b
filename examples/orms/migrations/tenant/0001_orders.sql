-- What each tenant has, written as if there were one; Hestia leads every key with tenant_id.
create table customers (
  id    bigint generated always as identity,
  email text not null,
  constraint customers_pkey primary key (id),
  constraint customers_email_key unique (email)
);

create table orders (
  id          uuid not null default gen_random_uuid(),
  customer_id bigint not null,
  currency    text not null,
  cents       integer not null,
  constraint orders_pkey primary key (id),
  constraint orders_customer_fkey foreign key (customer_id) references customers (id),
  constraint orders_currency_fkey foreign key (currency) references currencies (code),
  constraint orders_cents_check check (cents > 0)
);
create index orders_customer on orders (customer_id);
