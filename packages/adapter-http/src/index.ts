/**
 * Adapter: the HTTP API of VSMS, the vendor-compatible wire, and callbacks going out.
 *
 * Nothing is exported yet. The OpenAPI contract, its handlers and the callback transport will live here.
 */
export {}
