import * as Effect from "effect/Effect"
import { expect, it, vi } from "vitest"
import { schemaText } from "../../scripts/SchemaText.ts"
import { Database } from "../../src/place/Database.ts"
import * as TestPlaces from "../server/TestPlaces.ts"

vi.setConfig({ testTimeout: 60_000 })

const made = `
  CREATE SCHEMA s;
  CREATE TABLE public.elsewhere (id int);
  CREATE TYPE s.state AS ENUM ('sent', 'answered');
  CREATE DOMAIN s.minutes AS int CHECK (VALUE >= 0);
  CREATE FUNCTION s.keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
  CREATE TABLE s.number (number text COLLATE "C" PRIMARY KEY, left_at bigint DEFAULT 0, gone int);
  ALTER TABLE s.number DROP COLUMN gone;
  COMMENT ON TABLE s.number IS 'A number.';
  CREATE TABLE s.send (
    account text COLLATE "C" NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    number text COLLATE "C" REFERENCES s.number,
    state s.state NOT NULL,
    minutes s.minutes,
    double int GENERATED ALWAYS AS (minutes * 2) STORED,
    UNIQUE (account, id),
    CONSTRAINT short CHECK (length(number) < 20)
  ) PARTITION BY RANGE (id);
  CREATE TABLE s.send_old PARTITION OF s.send FOR VALUES FROM (0) TO (10) WITH (fillfactor = 70);
  CREATE INDEX send_states ON s.send (state) WHERE state <> 'answered';
  CREATE TRIGGER kept BEFORE INSERT ON s.send FOR EACH ROW EXECUTE FUNCTION s.keep();
  CREATE VIEW s.sends AS SELECT id FROM s.send`

it("the text names everything in the schema, in an order of its own", async () => {
  const text = await Effect.gen(function* () {
    const { pool } = yield* Database
    yield* Effect.promise(() => pool.query(made))
    return yield* Effect.promise(() => schemaText(async (sql) => (await pool.query(sql)).rows, "s"))
  }).pipe(Effect.provide(TestPlaces.memory()), Effect.runPromise)
  expect(text.slice(text.indexOf("CREATE SCHEMA"))).toBe(`\
CREATE SCHEMA s;

CREATE DOMAIN s.minutes AS integer CHECK ((VALUE >= 0));

CREATE TYPE s.state AS ENUM ('sent', 'answered');

CREATE OR REPLACE FUNCTION s.keep()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$BEGIN RETURN new; END$function$;

-- A number.
CREATE TABLE s.number (
  number text COLLATE "C" NOT NULL,
  left_at bigint DEFAULT 0,
  CONSTRAINT number_pkey PRIMARY KEY (number)
);

CREATE TABLE s.send (
  account text COLLATE "C" NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  number text COLLATE "C",
  state s.state NOT NULL,
  minutes s.minutes,
  double integer GENERATED ALWAYS AS (((minutes)::integer * 2)) STORED,
  CONSTRAINT send_account_id_key UNIQUE (account, id),
  CONSTRAINT send_number_fkey FOREIGN KEY (number) REFERENCES s.number(number),
  CONSTRAINT short CHECK ((length(number) < 20))
) PARTITION BY RANGE (id);
CREATE INDEX send_states ON ONLY s.send USING btree (state) WHERE (state <> 'answered'::s.state);
CREATE TRIGGER kept BEFORE INSERT ON s.send FOR EACH ROW EXECUTE FUNCTION s.keep();

CREATE TABLE s.send_old PARTITION OF s.send FOR VALUES FROM ('0') TO ('10') WITH (fillfactor=70);

CREATE VIEW s.sends AS
SELECT id
   FROM s.send;
`)
})
