/**
 * A gate before the end of every commit that accepts sends: while it is closed, the database has done all that such a
 * commit asks for, and does not say so, as if its disk took that long.
 */
import { query } from "../../packages/adapter-postgres/test/server/TestServer.ts"

export interface Gate {
  readonly close: () => Promise<void>
  readonly open: () => Promise<void>
  /** The statement that waits before the gate; answers when there is one. Commits of one account wait for each other. */
  readonly waiting: () => Promise<string>
  /** Sends that others can see: what has come to the gate has not happened yet. */
  readonly committed: () => Promise<number>
  /** Ends all sessions of gateways, and with them whatever waits: it will never have happened. */
  readonly forget: () => Promise<void>
}

/** Built once the gateways have made their tables. */
export const build = async (url: string): Promise<Gate> => {
  // A trigger that is deferred runs within COMMIT, and each look of its own sees what has become of the gate meanwhile.
  await query(
    url,
    `create schema fleet;
    create table fleet.gate (closed boolean not null);
    insert into fleet.gate values (false);
    create function fleet.pass() returns trigger language plpgsql as $$
    begin
      while (select closed from fleet.gate) loop
        perform pg_sleep(0.005);
      end loop;
      return null;
    end $$;
    create constraint trigger gate after insert on vsms.sends
      deferrable initially deferred for each row execute function fleet.pass()`
  )
  const set = async (closed: boolean): Promise<void> => {
    await query(url, `update fleet.gate set closed = ${closed}`)
  }
  return {
    close: () => set(true),
    open: () => set(false),
    waiting: async () => {
      for (;;) {
        const [session] = await query(
          url,
          "select query from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'"
        )
        if (session !== undefined) return session.query
      }
    },
    committed: async () => {
      const [{ sends }] = (await query(url, "select count(*)::int as sends from vsms.sends")) as [{ sends: number }]
      return sends
    },
    forget: async () => {
      await query(
        url,
        `select pg_terminate_backend(pid, 10000) from pg_stat_activity
          where datname = current_database() and application_name like 'vsms%'`
      )
    }
  }
}
