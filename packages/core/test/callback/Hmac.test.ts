import { describe, it } from "vitest"
import { Hmac } from "../../src/callback/Hmac.ts"
import { suite } from "../../src/testing/Law.ts"
import { laws } from "../../src/testing/laws/HmacLaws.ts"

suite({ describe, it }, "HMAC by Web Crypto", laws, Hmac.layer)
