import * as Login from "@vsms/example-embed-tour/Login"
import { embedded } from "../../src/Vsms.ts"

export const POST = async (request: Request): Promise<Response> => {
  if (!Login.isLoggedIn(request.headers.get("cookie"))) return new Response(null, { status: 401 })
  const { phone } = (await request.json()) as { readonly phone: string }
  const { runtime, shop } = embedded()
  const { body, status } = await Login.sendCode(runtime, shop, phone)
  return Response.json(body, { status })
}
