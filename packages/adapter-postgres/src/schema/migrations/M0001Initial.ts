/** Rules: the first tables. Released: never to be edited; what changes is a migration of its own. */

export const sql = `
create schema if not exists vsms;

-- Whose things are kept. The revision grows with every commit that touches anything of the owner: whoever wants to write
-- locks this row, and knows by it whether what was read still holds.
create table vsms.owners (
  owner text collate "C" primary key,
  revision bigint not null
) with (fillfactor = 50);

create table vsms.accounts (
  account_id text collate "C" not null,
  key text collate "C" not null,
  version bigint not null check (version > 0),
  sequence bigint not null,
  state jsonb not null,
  personal json,
  expires_at bigint,
  all_in text collate "C",
  all_at double precision,
  primary key (account_id, key)
);
comment on table vsms.accounts is 'An account: its verification, its activation of the voice product.';
create index accounts_all on vsms.accounts (all_in, all_at, key) where all_in is not null;
create index accounts_expiry on vsms.accounts (expires_at) where expires_at is not null;

create table vsms.applications (
  account_id text collate "C" not null,
  application_id text collate "C" not null,
  version bigint not null check (version > 0),
  sequence bigint not null,
  state jsonb not null,
  personal json,
  expires_at bigint,
  by_id_in text collate "C",
  by_id_at double precision,
  by_account_in text collate "C",
  by_account_at double precision,
  primary key (account_id, application_id)
);
comment on table vsms.applications is 'An application of an account; its secrets are personal data.';
create index applications_by_id on vsms.applications (by_id_in, by_id_at, application_id) where by_id_in is not null;
create index applications_by_account on vsms.applications (by_account_in, by_account_at, application_id) where by_account_in is not null;
create index applications_expiry on vsms.applications (expires_at) where expires_at is not null;

create table vsms.application_ids (
  account_id text collate "C" not null,
  application_id text collate "C" not null,
  version bigint not null check (version > 0),
  sequence bigint not null,
  state jsonb not null,
  personal json,
  expires_at bigint,
  constraint one_register check (account_id = 'platform'),
  primary key (account_id, application_id)
);
comment on table vsms.application_ids is 'Which account an application id belongs to.';
create index application_ids_expiry on vsms.application_ids (expires_at) where expires_at is not null;

create table vsms.qualifications (
  account_id text collate "C" not null,
  key text collate "C" not null,
  version bigint not null check (version > 0),
  sequence bigint not null,
  state jsonb not null,
  personal json,
  expires_at bigint,
  pending_in text collate "C",
  pending_at double precision,
  primary key (account_id, key)
);
comment on table vsms.qualifications is 'What an enterprise submitted to be reviewed.';
create index qualifications_pending on vsms.qualifications (pending_in, pending_at, key) where pending_in is not null;
create index qualifications_expiry on vsms.qualifications (expires_at) where expires_at is not null;

create table vsms.orders (
  account_id text collate "C" not null,
  order_id text collate "C" not null,
  version bigint not null check (version > 0),
  sequence bigint not null,
  state jsonb not null,
  personal json,
  expires_at bigint,
  by_account_in text collate "C",
  by_account_at double precision,
  primary key (account_id, order_id)
);
comment on table vsms.orders is 'Orders of numbers and packages.';
create index orders_by_account on vsms.orders (by_account_in, by_account_at, order_id) where by_account_in is not null;
create index orders_expiry on vsms.orders (expires_at) where expires_at is not null;

create table vsms.invoices (
  account_id text collate "C" not null,
  invoice_id text collate "C" not null,
  version bigint not null check (version > 0),
  sequence bigint not null,
  state jsonb not null,
  personal json,
  expires_at bigint,
  by_account_in text collate "C",
  by_account_at double precision,
  primary key (account_id, invoice_id)
);
comment on table vsms.invoices is 'Invoices of paid orders.';
create index invoices_by_account on vsms.invoices (by_account_in, by_account_at, invoice_id) where by_account_in is not null;
create index invoices_expiry on vsms.invoices (expires_at) where expires_at is not null;

create table vsms.number_regions (
  account_id text collate "C" not null,
  region text collate "C" not null,
  version bigint not null check (version > 0),
  sequence bigint not null,
  state jsonb not null,
  personal json,
  expires_at bigint,
  all_in text collate "C",
  all_at double precision,
  primary key (account_id, region)
);
comment on table vsms.number_regions is 'Regions that have numbers.';
create index number_regions_all on vsms.number_regions (all_in, all_at, region) where all_in is not null;
create index number_regions_expiry on vsms.number_regions (expires_at) where expires_at is not null;

create table vsms.voice_numbers (
  account_id text collate "C" not null,
  number text collate "C" not null,
  version bigint not null check (version > 0),
  sequence bigint not null,
  state jsonb not null,
  personal json,
  expires_at bigint,
  free_in text collate "C",
  free_at double precision,
  constraint one_inventory check (account_id = 'platform'),
  primary key (account_id, number)
);
comment on table vsms.voice_numbers is 'The inventory: each number once, with the one account that holds it.';
create index voice_numbers_free on vsms.voice_numbers (free_in, free_at, number) where free_in is not null;
create index voice_numbers_expiry on vsms.voice_numbers (expires_at) where expires_at is not null;

create table vsms.number_holdings (
  account_id text collate "C" not null,
  key text collate "C" not null,
  version bigint not null check (version > 0),
  sequence bigint not null,
  state jsonb not null,
  personal json,
  expires_at bigint,
  primary key (account_id, key)
);
comment on table vsms.number_holdings is 'The numbers of an account.';
create index number_holdings_expiry on vsms.number_holdings (expires_at) where expires_at is not null;

create table vsms.balances (
  account_id text collate "C" not null,
  key text collate "C" not null,
  version bigint not null check (version > 0),
  sequence bigint not null,
  state jsonb not null,
  personal json,
  expires_at bigint,
  -- No place holds less than nothing, and together they hold what was granted: of the account, and of each package.
  constraint balance_conserved check ((
    (state->>'available')::bigint >= 0 and (state->>'held')::bigint >= 0 and (state->>'waiting')::bigint >= 0
    and (state->>'spent')::bigint >= 0 and (state->>'expired')::bigint >= 0 and (state->>'overrun')::bigint >= 0
    and (state->>'granted')::bigint = (state->>'available')::bigint + (state->>'held')::bigint
      + (state->>'waiting')::bigint + (state->>'spent')::bigint + (state->>'expired')::bigint) is true),
  constraint packages_conserved check (not jsonb_path_exists(state, '$.*[*] ? (@.free < 0 || @.held < 0 || @.spent < 0
    || @.expired < 0 || @.minutes != @.free + @.held + @.spent + @.expired)')),
  primary key (account_id, key)
) with (fillfactor = 50);
comment on table vsms.balances is 'The minutes of an account.';
create index balances_expiry on vsms.balances (expires_at) where expires_at is not null;

create table vsms.closed_packages (
  account_id text collate "C" not null,
  package_id text collate "C" not null,
  version bigint not null check (version > 0),
  sequence bigint not null,
  state jsonb not null,
  personal json,
  expires_at bigint,
  by_account_in text collate "C",
  by_account_at double precision,
  primary key (account_id, package_id)
);
comment on table vsms.closed_packages is 'Packages of which nothing is left.';
create index closed_packages_by_account on vsms.closed_packages (by_account_in, by_account_at, package_id) where by_account_in is not null;
create index closed_packages_expiry on vsms.closed_packages (expires_at) where expires_at is not null;

create table vsms.templates (
  account_id text collate "C" not null,
  template_id text collate "C" not null,
  version bigint not null check (version > 0),
  sequence bigint not null,
  state jsonb not null,
  personal json,
  expires_at bigint,
  by_application_in text collate "C",
  by_application_at double precision,
  by_stage_in text collate "C",
  by_stage_at double precision,
  pending_in text collate "C",
  pending_at double precision,
  primary key (account_id, template_id)
);
comment on table vsms.templates is 'Templates and their reviews.';
create index templates_by_application on vsms.templates (by_application_in, by_application_at, template_id) where by_application_in is not null;
create index templates_by_stage on vsms.templates (by_stage_in, by_stage_at, template_id) where by_stage_in is not null;
create index templates_pending on vsms.templates (pending_in, pending_at, template_id) where pending_in is not null;
create index templates_expiry on vsms.templates (expires_at) where expires_at is not null;

create table vsms.template_books (
  account_id text collate "C" not null,
  key text collate "C" not null,
  version bigint not null check (version > 0),
  sequence bigint not null,
  state jsonb not null,
  personal json,
  expires_at bigint,
  primary key (account_id, key)
);
comment on table vsms.template_books is 'The default code template and the template ids of an application.';
create index template_books_expiry on vsms.template_books (expires_at) where expires_at is not null;

create table vsms.alert_contacts (
  account_id text collate "C" not null,
  key text collate "C" not null,
  version bigint not null check (version > 0),
  sequence bigint not null,
  state jsonb not null,
  personal json,
  expires_at bigint,
  by_account_in text collate "C",
  by_account_at double precision,
  primary key (account_id, key)
);
comment on table vsms.alert_contacts is 'Who is alerted.';
create index alert_contacts_by_account on vsms.alert_contacts (by_account_in, by_account_at, key) where by_account_in is not null;
create index alert_contacts_expiry on vsms.alert_contacts (expires_at) where expires_at is not null;

create table vsms.alerts (
  account_id text collate "C" not null,
  alert_id text collate "C" not null,
  version bigint not null check (version > 0),
  sequence bigint not null,
  state jsonb not null,
  personal json,
  expires_at bigint,
  by_account_in text collate "C",
  by_account_at double precision,
  primary key (account_id, alert_id)
);
comment on table vsms.alerts is 'Alerts, and whom they reached.';
create index alerts_by_account on vsms.alerts (by_account_in, by_account_at, alert_id) where by_account_in is not null;
create index alerts_expiry on vsms.alerts (expires_at) where expires_at is not null;

create table vsms.low_balances (
  account_id text collate "C" not null,
  key text collate "C" not null,
  version bigint not null check (version > 0),
  sequence bigint not null,
  state jsonb not null,
  personal json,
  expires_at bigint,
  primary key (account_id, key)
) with (fillfactor = 50);
comment on table vsms.low_balances is 'The low balance threshold of an account.';
create index low_balances_expiry on vsms.low_balances (expires_at) where expires_at is not null;

create table vsms.daily_volume_settings (
  account_id text collate "C" not null,
  key text collate "C" not null,
  version bigint not null check (version > 0),
  sequence bigint not null,
  state jsonb not null,
  personal json,
  expires_at bigint,
  primary key (account_id, key)
);
comment on table vsms.daily_volume_settings is 'Daily volume limits of an application.';
create index daily_volume_settings_expiry on vsms.daily_volume_settings (expires_at) where expires_at is not null;

create table vsms.daily_volume_days (
  account_id text collate "C" not null,
  key text collate "C" not null,
  version bigint not null check (version > 0),
  sequence bigint not null,
  state jsonb not null,
  personal json,
  expires_at bigint,
  primary key (account_id, key)
) with (fillfactor = 50);
comment on table vsms.daily_volume_days is 'What an application sent on one day.';
create index daily_volume_days_expiry on vsms.daily_volume_days (expires_at) where expires_at is not null;

create table vsms.send_limits (
  account_id text collate "C" not null,
  key text collate "C" not null,
  version bigint not null check (version > 0),
  sequence bigint not null,
  state jsonb not null,
  personal json,
  expires_at bigint,
  primary key (account_id, key)
);
comment on table vsms.send_limits is 'The limits that an application set itself.';
create index send_limits_expiry on vsms.send_limits (expires_at) where expires_at is not null;

create table vsms.display_uses (
  account_id text collate "C" not null,
  key text collate "C" not null,
  version bigint not null check (version > 0),
  sequence bigint not null,
  state jsonb not null,
  personal json,
  expires_at bigint,
  primary key (account_id, key)
) with (fillfactor = 50);
comment on table vsms.display_uses is 'Which number was shown last.';
create index display_uses_expiry on vsms.display_uses (expires_at) where expires_at is not null;

create table vsms.callee_frequencies (
  account_id text collate "C" not null,
  key text collate "C" not null,
  version bigint not null check (version > 0),
  sequence bigint not null,
  state jsonb not null,
  personal json,
  expires_at bigint,
  primary key (account_id, key)
) with (fillfactor = 80);
comment on table vsms.callee_frequencies is 'How often a number was called lately.';
create index callee_frequencies_expiry on vsms.callee_frequencies (expires_at) where expires_at is not null;

create table vsms.idempotency_keys (
  account_id text collate "C" not null,
  key text collate "C" not null,
  version bigint not null check (version > 0),
  sequence bigint not null,
  state jsonb not null,
  personal json,
  expires_at bigint,
  primary key (account_id, key)
);
comment on table vsms.idempotency_keys is 'Answers by idempotency key: each key once.';
create index idempotency_keys_expiry on vsms.idempotency_keys (expires_at) where expires_at is not null;

create table vsms.sends (
  account_id text collate "C" not null,
  send_id text collate "C" not null,
  version bigint not null check (version > 0),
  sequence bigint not null,
  state jsonb not null,
  personal json,
  expires_at bigint,
  by_application_in text collate "C",
  by_application_at double precision,
  by_callee_in text collate "C",
  by_callee_at double precision,
  receipts_in text collate "C",
  receipts_at double precision,
  constraint send_billed check ((
    (state->>'billedMinutes')::bigint >= 0 and ((state->>'stage') = 'completed' or (state->>'billedMinutes')::bigint = 0)
    and (state->>'overrunMinutes')::bigint between 0 and (state->>'billedMinutes')::bigint
    and ((state->>'receipt')::bigint > 0) = ((state->>'stage') in ('completed', 'failed'))) is true),
  primary key (account_id, send_id)
) partition by range (send_id);
comment on table vsms.sends is 'Sends with their steps.';
create table vsms.sends_other partition of vsms.sends default with (fillfactor = 70);
create index sends_by_application on vsms.sends (by_application_in, by_application_at, send_id) where by_application_in is not null;
create index sends_by_callee on vsms.sends (by_callee_in, by_callee_at, send_id) where by_callee_in is not null;
create index sends_receipts on vsms.sends (receipts_in, receipts_at, send_id) where receipts_in is not null;
create index sends_expiry on vsms.sends (expires_at) where expires_at is not null;

create table vsms.refused_sends (
  account_id text collate "C" not null,
  attempt_id text collate "C" not null,
  version bigint not null check (version > 0),
  sequence bigint not null,
  state jsonb not null,
  personal json,
  expires_at bigint,
  by_application_in text collate "C",
  by_application_at double precision,
  primary key (account_id, attempt_id)
);
comment on table vsms.refused_sends is 'Attempts that were refused lately.';
create index refused_sends_by_application on vsms.refused_sends (by_application_in, by_application_at, attempt_id) where by_application_in is not null;
create index refused_sends_expiry on vsms.refused_sends (expires_at) where expires_at is not null;

create table vsms.receipt_logs (
  account_id text collate "C" not null,
  key text collate "C" not null,
  version bigint not null check (version > 0),
  sequence bigint not null,
  state jsonb not null,
  personal json,
  expires_at bigint,
  primary key (account_id, key)
) with (fillfactor = 50);
comment on table vsms.receipt_logs is 'The number of the last receipt of an account.';
create index receipt_logs_expiry on vsms.receipt_logs (expires_at) where expires_at is not null;

create table vsms.callback_endpoints (
  account_id text collate "C" not null,
  key text collate "C" not null,
  version bigint not null check (version > 0),
  sequence bigint not null,
  state jsonb not null,
  personal json,
  expires_at bigint,
  primary key (account_id, key)
);
comment on table vsms.callback_endpoints is 'Where an application is called back.';
create index callback_endpoints_expiry on vsms.callback_endpoints (expires_at) where expires_at is not null;

create table vsms.callback_deliveries (
  account_id text collate "C" not null,
  delivery_id text collate "C" not null,
  version bigint not null check (version > 0),
  sequence bigint not null,
  state jsonb not null,
  personal json,
  expires_at bigint,
  by_application_in text collate "C",
  by_application_at double precision,
  by_send_in text collate "C",
  by_send_at double precision,
  primary key (account_id, delivery_id)
) with (fillfactor = 70);
comment on table vsms.callback_deliveries is 'Callbacks and their tries.';
create index callback_deliveries_by_application on vsms.callback_deliveries (by_application_in, by_application_at, delivery_id) where by_application_in is not null;
create index callback_deliveries_by_send on vsms.callback_deliveries (by_send_in, by_send_at, delivery_id) where by_send_in is not null;
create index callback_deliveries_expiry on vsms.callback_deliveries (expires_at) where expires_at is not null;

create table vsms.things (
  kind text collate "C" not null,
  owner text collate "C" not null,
  key text collate "C" not null,
  version bigint not null check (version > 0),
  sequence bigint not null,
  state jsonb not null,
  personal json,
  expires_at bigint,
  place1_in text collate "C",
  place1_at double precision,
  place2_in text collate "C",
  place2_at double precision,
  place3_in text collate "C",
  place3_at double precision,
  place4_in text collate "C",
  place4_at double precision,
  primary key (owner, kind, key)
);
comment on table vsms.things is 'Things of kinds that have no table of their own.';
create index things_place1 on vsms.things (kind, place1_in, place1_at, key) where place1_in is not null;
create index things_place2 on vsms.things (kind, place2_in, place2_at, key) where place2_in is not null;
create index things_place3 on vsms.things (kind, place3_in, place3_at, key) where place3_in is not null;
create index things_place4 on vsms.things (kind, place4_in, place4_at, key) where place4_in is not null;
create index things_expiry on vsms.things (expires_at) where expires_at is not null;

create table vsms.events (
  owner text collate "C" not null,
  kind text collate "C" not null,
  key text collate "C" not null,
  sequence bigint not null check (sequence > 0),
  event jsonb not null,
  recorded_at bigint not null,
  primary key (owner, kind, key, sequence)
);
comment on table vsms.events is 'What happened to things whose whole story is kept.';

-- By cause, whose ids grow with time: what a send held and what it was billed lie in one partition, where each can be
-- there once.
create table vsms.minute_ledger (
  account_id text collate "C" not null,
  sequence bigint not null check (sequence > 0),
  cause text collate "C" not null,
  entry jsonb not null,
  recorded_at bigint not null,
  primary key (account_id, sequence, cause)
) partition by range (cause);
comment on table vsms.minute_ledger is 'The entries of the minute ledger, each with its cause: an order, a send, a package.';
create table vsms.minute_ledger_other partition of vsms.minute_ledger default;
create unique index minute_ledger_held_once on vsms.minute_ledger (account_id, cause)
  where entry->>'_tag' = 'MinutesHeld';
create unique index minute_ledger_ended_once on vsms.minute_ledger (account_id, cause)
  where entry->>'_tag' in ('HoldSettled', 'HoldReleased');

create table vsms.hourly_statistics (
  account_id text collate "C" not null,
  hour int not null,
  application_id text collate "C" not null,
  template_id text collate "C" not null,
  reason text collate "C" not null,
  sends bigint not null check (sends >= 0),
  answered bigint not null check (answered >= 0),
  failed bigint not null check (failed >= 0),
  minutes bigint not null check (minutes >= 0),
  primary key (account_id, hour, application_id, template_id, reason)
) with (fillfactor = 50);
comment on table vsms.hourly_statistics is 'Sends by the hour (since the epoch) in which they were accepted.';

create table vsms.daily_statistics (
  account_id text collate "C" not null,
  day int not null,
  application_id text collate "C" not null,
  template_id text collate "C" not null,
  reason text collate "C" not null,
  sends bigint not null check (sends >= 0),
  answered bigint not null check (answered >= 0),
  failed bigint not null check (failed >= 0),
  minutes bigint not null check (minutes >= 0),
  primary key (account_id, day, application_id, template_id, reason)
) with (fillfactor = 50);
comment on table vsms.daily_statistics is 'The same by Shanghai day (days since 1970-01-01 there).';

create sequence vsms.work_token cache 64;

-- Rows come and go all day: dead ones are cleared away early, before the index over due times fills with them.
create table vsms.work (
  account_id text collate "C" not null,
  queue text collate "C" not null,
  key text collate "C" not null,
  ready_at bigint not null,
  attempt int not null,
  token bigint not null,
  primary key (account_id, queue, key)
) with (
  fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_cost_delay = 0
);
comment on table vsms.work is 'Work that is due at ready_at (epoch milliseconds), or leased until then.';
create index work_ready on vsms.work (queue, ready_at);

-- One holder for each number, whatever a program does (NUM-3). Looked at when a transaction ends: in one, somebody may
-- let go of a number and somebody else take it.
create table vsms.held_numbers (
  number text collate "C" not null,
  account_id text collate "C" not null,
  primary key (number) deferrable initially deferred
);
comment on table vsms.held_numbers is 'Who holds which number, kept by a trigger on number_holdings.';
create index held_numbers_account on vsms.held_numbers (account_id);

create function vsms.keep_held_numbers() returns trigger language plpgsql as $$
begin
  delete from vsms.held_numbers h where h.account_id = new.account_id
    and not exists (select from jsonb_array_elements(new.state->'held') n where n->>'number' = h.number);
  insert into vsms.held_numbers (number, account_id)
    select n->>'number', new.account_id from jsonb_array_elements(new.state->'held') n
    where not exists (
      select from vsms.held_numbers h where h.number = n->>'number' and h.account_id = new.account_id);
  return new;
end $$;
create trigger held_numbers after insert or update on vsms.number_holdings
  for each row execute function vsms.keep_held_numbers();

-- For people: the same, without JSON.

create function vsms.instant(millis jsonb) returns timestamptz language sql immutable parallel safe as
  $$ select case when jsonb_typeof(millis) = 'number' then to_timestamp(millis::text::numeric / 1000) end $$;

create view vsms.account_records as
  select account_id, state->>'verification' as verification, vsms.instant(state->'openedAt') as opened_at,
    vsms.instant(state->'verifiedAt') as verified_at, vsms.instant(state->'activatedAt') as activated_at
  from vsms.accounts;

create view vsms.numbers as
  select h.account_id, n->>'number' as number, n->>'region' as region, vsms.instant(n->'since') as held_since,
    vsms.instant(n->'expiresAt') as expires_at, (n->>'autoRenew')::boolean as auto_renew, (n->>'terms')::int as terms
  from vsms.number_holdings h cross join lateral jsonb_array_elements(h.state->'held') n;

create view vsms.packages as
  with lots as not materialized (
    select b.account_id, lot->>'packageId' as package_id, lot->>'orderId' as order_id, lot->>'kind' as kind,
      (lot->>'minutes')::bigint as minutes, (lot->>'free')::bigint as free, (lot->>'held')::bigint as held,
      (lot->>'spent')::bigint as spent, (lot->>'expired')::bigint as expired,
      vsms.instant(lot->'effectiveAt') as effective_at, vsms.instant(lot->'expiresAt') as expires_at
    from vsms.balances b cross join lateral jsonb_array_elements(
      (b.state->'pending') || (b.state->'open') || (b.state->'drained') || (b.state->'closed')) lot)
  select * from lots
  union all
  select c.account_id, c.package_id, c.state->>'orderId', c.state->>'kind', (c.state->>'minutes')::bigint, 0, 0,
    (c.state->>'spent')::bigint, (c.state->>'expired')::bigint, vsms.instant(c.state->'effectiveAt'),
    vsms.instant(c.state->'expiresAt')
  from vsms.closed_packages c
  where not exists (select from lots l where l.account_id = c.account_id and l.package_id = c.package_id);

create view vsms.minute_entries as
  select account_id, sequence, vsms.instant(entry->'at') as at, entry->>'_tag' as entry, cause,
    coalesce((entry->>'minutes')::bigint, (
      select sum((share->>'held')::bigint) from jsonb_array_elements(entry->'shares') share)) as minutes,
    (entry->>'overrun')::bigint as overrun
  from vsms.minute_ledger;

create view vsms.holds as
  select account_id, send_id, (state->'accepted'->'hold'->>'minutes')::bigint as minutes,
    vsms.instant(state->'accepted'->'at') as held_at
  from vsms.sends where state->>'stage' not in ('completed', 'failed');

create view vsms.template_records as
  select account_id, template_id, state->>'applicationId' as application_id, state->>'name' as name,
    state->>'stage' as stage, state->>'kind' as kind, state->>'content' as content, (state->>'version')::int as version,
    vsms.instant(state->'submittedAt') as submitted_at, vsms.instant(state->'decidedAt') as decided_at,
    state->>'reason' as reason
  from vsms.templates;

create view vsms.send_records as
  select account_id, state->'accepted'->>'applicationId' as application_id, send_id,
    state->'accepted'->>'templateId' as template_id, state->>'stage' as stage, state->>'reason' as reason,
    vsms.instant(state->'accepted'->'at') as accepted_at, vsms.instant(state->'answeredAt') as answered_at,
    vsms.instant(state->'endedAt') as ended_at, (state->>'billedMinutes')::bigint as billed_minutes,
    (state->>'receipt')::bigint as receipt
  from vsms.sends;

create view vsms.send_steps as
  select s.account_id, s.send_id, vsms.instant(step.at) as at, step.step, step.route, step.detail
  from vsms.sends s cross join lateral (
    values ('accepted', s.state->'accepted'->'at', null, null), ('ringing', s.state->'ringingAt', null, null),
      ('answered', s.state->'answeredAt', null, null), (s.state->>'stage', s.state->'endedAt', null, s.state->>'reason')
    union all
    select 'dialling', a->'at', a->>'route', null from jsonb_array_elements(s.state->'attempts') a
    union all
    select 'routeFailed', a->'failedAt', a->>'route', a->>'detail' from jsonb_array_elements(s.state->'attempts') a
  ) as step(step, at, route, detail)
  where step.at is not null;

create view vsms.callbacks as
  select account_id, delivery_id, state->>'applicationId' as application_id, state->>'sendId' as send_id,
    state->>'endpointId' as endpoint_id, state->>'part' as part, state->>'status' as status,
    jsonb_array_length(state->'tries') as tries, vsms.instant(state->'createdAt') as ordered_at,
    vsms.instant(state->'nextAt') as next_at
  from vsms.callback_deliveries;

create view vsms.callback_tries as
  select d.account_id, d.delivery_id, d.state->>'sendId' as send_id, t.nr, vsms.instant(t.try->'at') as at,
    (t.try->>'status')::int as status, t.try->>'trouble' as trouble, (t.try->>'tookMillis')::numeric as took_millis
  from vsms.callback_deliveries d cross join lateral jsonb_array_elements(d.state->'tries') with ordinality t(try, nr);

-- One row for each whom an alert is to reach; one without a contact has not been told to anybody.
create view vsms.alert_records as
  select a.account_id, a.alert_id, a.state->'facts'->>'_tag' as about, vsms.instant(a.state->'firedAt') as fired_at,
    d->>'contactId' as contact_id, d->>'channel' as channel, d->>'status' as status, (d->>'tries')::int as tries
  from vsms.alerts a left join lateral jsonb_array_elements(a.state->'deliveries') d on true
  where jsonb_typeof(a.state) = 'object';

create view vsms.daily_figures as
  select account_id, application_id, date '1970-01-01' + day as day, template_id, sum(sends) as sends,
    sum(answered) as answered, sum(failed) as failed, sum(minutes) as minutes
  from vsms.daily_statistics group by account_id, application_id, day, template_id;
`
