import * as Tour from "@vsms/example-embed-tour/Tour"
import { it } from "vitest"
import { serve } from "../src/Host.ts"

it("in Fastify: the native API under a prefix, the vendor's wires at the root, and the host's own routes", () =>
  Tour.take(serve))
