import { suite } from "@vsms/core/testing/Law"
import { laws } from "@vsms/core/testing/laws/HmacLaws"
import { describe, it } from "vitest"
import * as NodeHmac from "../../src/callback/NodeHmac.ts"

suite({ describe, it }, "HMAC by Node", laws, NodeHmac.layer)
