import { vsms } from "../src/Vsms.ts"

export const GET = (): Response => new Response("the host's own page")

/** What is posted to the root is the vendor's API 3.0. */
export const POST = vsms
