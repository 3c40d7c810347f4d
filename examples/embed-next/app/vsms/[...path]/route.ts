import { vsms } from "../../../src/Vsms.ts"

export { vsms as DELETE, vsms as GET, vsms as HEAD, vsms as OPTIONS, vsms as PATCH, vsms as POST, vsms as PUT }
