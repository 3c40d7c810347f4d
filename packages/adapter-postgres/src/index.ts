/**
 * Adapter: the storage ports of `@vsms/core` on PostgreSQL, and on PGlite with the same SQL.
 *
 * Nothing is exported yet. The write door, the read side and the work queue will live here.
 */
export {}
