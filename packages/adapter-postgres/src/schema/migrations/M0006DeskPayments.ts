/** Rules: payments that an operator confirms. Released: never to be edited; what changes is a migration of its own. */

export const sql = `
create table vsms.desk_payments (
  account_id text collate "C" not null,
  order_id text collate "C" not null,
  version bigint not null check (version > 0),
  sequence bigint not null,
  state jsonb not null,
  personal json,
  expires_at bigint,
  waiting_in text collate "C",
  waiting_at double precision,
  primary key (account_id, order_id)
);
comment on table vsms.desk_payments is 'Payments of orders that an operator confirms.';
create index desk_payments_waiting on vsms.desk_payments (waiting_in, waiting_at, order_id) where waiting_in is not null;
create index desk_payments_expiry on vsms.desk_payments (expires_at) where expires_at is not null;
`
