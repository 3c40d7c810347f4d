/** Rules: work carries on the trace of whoever asked for it. Released: a change is a migration of its own. */
export const sql = `
alter table vsms.work add column trace text collate "C";
comment on column vsms.work.trace is 'The span that asked for it (W3C traceparent), where spans are recorded.';
`
