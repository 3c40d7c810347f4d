/**
 * Rules: what a caller writes to have something sent, and whether it has the form of a request (SND-2, SND-5, SND-11).
 * Checked by hand rather than by a schema, as every send passes here; what is refused, and how, is the same.
 */
import * as Either from "effect/Either"
import { InvalidInput } from "../InvalidInput.ts"
import * as SoundFile from "../voicefile/SoundFile.ts"
import * as Callee from "./Callee.ts"
import * as Idempotency from "./Idempotency.ts"
import { playsMax, playsMin, type SendPolicy } from "./SendPolicy.ts"
import * as VerificationCode from "./VerificationCode.ts"

interface CommonInput {
  /** The number to call, in any common writing. */
  readonly to: string
  /** How often the text is played, 1 to 3; the policy's default if absent. */
  readonly plays?: number | undefined
  /** Which of the enterprise's numbers the callee is to see; the system chooses if absent. */
  readonly display?: string | undefined
  /** Anything the caller wants back, up to 2,048 characters (SND-11). */
  readonly ext?: string | undefined
  /** 1 to 128 characters; a request that is repeated under it is answered as before (SND-7). */
  readonly idempotencyKey?: string | undefined
}

/** A send with an approved template. */
export interface SendInput extends CommonInput {
  readonly templateId: string
  readonly params?: ReadonlyArray<string> | undefined
}

/** A send that plays an approved file instead of speaking a text (VOF-4). */
export interface FileInput extends CommonInput {
  readonly fileId: string
}

/** A verification code, spoken with the application's default template unless another one is named (SND-1). */
export interface CodeInput extends CommonInput {
  readonly code: string
  readonly templateId?: string | undefined
}

/** Whatever somebody may ask to be sent. */
export type Input = SendInput | FileInput | CodeInput

/** A request in canonical writing. */
export interface SendRequest {
  /** Empty where a file is played. */
  readonly templateId: string | undefined
  readonly fileId: string | undefined
  /** Whether it was asked for as a verification code, which a verification template speaks (SND-1). */
  readonly asCode: boolean
  readonly callee: Callee.Callee
  readonly params: ReadonlyArray<string>
  readonly plays: number
  readonly display: string | undefined
  readonly ext: string | undefined
  readonly idempotencyKey: string | undefined
}

/** Why something is not a request at all, in order of precedence. */
export type FormRefusal = InvalidInput | Callee.CalleeNotServed | VerificationCode.BadVerificationCode

export const ofSend = (
  policy: SendPolicy,
  input: SendInput
): Either.Either<SendRequest, InvalidInput | Callee.CalleeNotServed> => {
  const { params = noParams, templateId } = input
  const problems: Array<Problem> = []
  if (typeof templateId !== "string" || !templateIds.test(templateId))
    problems.push(expected("templateId", "a template's id"))
  if (!Array.isArray(params) || params.length > paramsMax || !params.every((param) => typeof param === "string"))
    problems.push(expected("params", `at most ${paramsMax} texts`))
  return finish(policy, input, templateId, undefined, false, params, problems)
}

export const ofFile = (
  policy: SendPolicy,
  input: FileInput
): Either.Either<SendRequest, InvalidInput | Callee.CalleeNotServed> => {
  const { fileId } = input
  const problems: Array<Problem> = []
  if (typeof fileId !== "string" || !SoundFile.ids.test(fileId)) problems.push(expected("fileId", "a voice file's id"))
  return finish(policy, input, "", fileId, false, noParams, problems)
}

export const ofCode = (policy: SendPolicy, input: CodeInput): Either.Either<SendRequest, FormRefusal> => {
  const { code, templateId } = input
  const problems: Array<Problem> = []
  if (templateId !== undefined && (typeof templateId !== "string" || !templateIds.test(templateId)))
    problems.push(expected("templateId", "a template's id"))
  if (typeof code !== "string") problems.push(expected("code", "a text"))
  const request = finish(policy, input, templateId, undefined, true, [code], problems)
  if (Either.isLeft(request)) return request
  const parsed = VerificationCode.parse(code)
  return Either.isLeft(parsed) ? Either.left(parsed.left) : request
}

/** By which two requests under one key are told apart (SND-7): all that was asked, in canonical writing. */
export const fingerprint = (request: SendRequest): string => {
  const { callee, display, ext, fileId, params, plays, templateId } = request
  const asked = [templateId, callee, params, plays, display, ext]
  return Idempotency.fingerprint(JSON.stringify(fileId === undefined ? asked : [...asked, fileId]))
}

interface Problem {
  readonly field: string
  readonly expected: string
}

const expected = (field: string, what: string): Problem => ({ field, expected: what })

const finish = (
  policy: SendPolicy,
  input: CommonInput,
  templateId: string | undefined,
  fileId: string | undefined,
  asCode: boolean,
  params: ReadonlyArray<string>,
  problems: Array<Problem>
): Either.Either<SendRequest, InvalidInput | Callee.CalleeNotServed> => {
  const { display, ext, idempotencyKey, plays = policy.plays, to } = input
  if (typeof to !== "string") problems.push(expected("to", "a text"))
  if (!Number.isInteger(plays) || plays < playsMin || plays > playsMax)
    problems.push(expected("plays", `a whole number from ${playsMin} to ${playsMax}`))
  if (display !== undefined && (typeof display !== "string" || display === "" || display.length > 32))
    problems.push(expected("display", "a number of 1 to 32 characters"))
  if (ext !== undefined && (typeof ext !== "string" || ext.length > extMax || unstorable.test(ext)))
    problems.push(expected("ext", `a text of at most ${extMax} characters, without NUL and halves of characters`))
  if (idempotencyKey !== undefined && (typeof idempotencyKey !== "string" || !keys.test(idempotencyKey)))
    problems.push(expected("idempotencyKey", "1 to 128 characters, none of them a control character"))
  if (problems.length > 0) return Either.left(new InvalidInput({ problems }))
  const callee = Callee.parse(to)
  if (Either.isLeft(callee)) return Either.left(callee.left)
  return Either.right({ templateId, fileId, asCode, callee: callee.right, params, plays, display, ext, idempotencyKey })
}

/** A content of 100 characters has room for 33 variables. */
const paramsMax = 33
const extMax = 2_048
const noParams: ReadonlyArray<string> = []
const templateIds = /^[0-9A-Za-z_-]{1,64}$/
const keys = /^[^\p{Cc}\p{Cs}]{1,128}$/u
/** What no storage gives back as it was: NUL, and a surrogate without its other half. */
const unstorable = /[\0\p{Cs}]/u
