/**
 * Rules: what each refusal is called on the vendor's wires: the number of the older one, the name on API 3.0, and a text.
 * The tables are the vendor's; where they have nothing for a refusal of ours, it gets the nearest. A refusal that a wire
 * can meet and that is not here does not compile.
 */
import type * as Application from "@vsms/core/account/Application"
import type { InvalidInput } from "@vsms/core/InvalidInput"
import type { PortFailure } from "@vsms/core/PortFailure"
import type * as Acceptance from "@vsms/core/sending/Acceptance"
import type * as SendRequest from "@vsms/core/sending/SendRequest"
import type * as Template from "@vsms/core/template/Template"
import type * as SoundFile from "@vsms/core/voicefile/SoundFile"
import type * as VoiceFileShelf from "@vsms/core/voicefile/VoiceFileShelf"
import type { BodyTooLarge, MalformedBody, TooManyRequests } from "../api/HttpRefusals.ts"
import type { WireRefusal } from "./WireRefusals.ts"

/** Everything that an operation on a wire may be refused with. */
export type Refusal =
  | SendRequest.FormRefusal
  | Acceptance.Refusal
  | Application.UnknownApplication
  | InvalidInput
  | Template.UnknownTemplate
  | Template.TemplateDeleted
  | Template.TemplateNotEditable
  | Template.DraftRefusal
  | SoundFile.Refusal
  | VoiceFileShelf.TooManyVoiceFiles
  | BodyTooLarge
  | MalformedBody
  | TooManyRequests
  | PortFailure
  | WireRefusal

export interface VendorCode {
  /** On the older wire. */
  readonly result: number
  /** On API 3.0. */
  readonly code: string
  /** For people, on both. */
  readonly text: string
}

const named = (result: number, code: string, text: string): VendorCode => ({ result, code, text })

const badParameter = (text: string): VendorCode => named(1004, "FailedOperation.InvalidParameters", text)
const badTemplate = (text: string): VendorCode => named(1014, "FailedOperation.TemplateIncorrectOrUnapproved", text)
const notPermitted = (text: string): VendorCode => named(1006, "UnauthorizedOperation.VoiceSdkAppidVerifyFail", text)
const tooLong = (text: string): VendorCode => named(1017, "FailedOperation.InvalidParameters", text)

export const table: { readonly [T in Refusal["_tag"]]: VendorCode } = {
  // --- the form of a request, and who makes it ---
  BadPacket: named(1004, "FailedOperation.FailResolvePacket", "package format error"),
  MalformedBody: named(1004, "FailedOperation.JsonParseFail", "package format error, invalid json"),
  BodyTooLarge: named(1004, "FailedOperation.FailResolvePacket", "package format error, body too large"),
  InvalidInput: badParameter("package format error, invalid parameters"),
  SignatureMissing: named(1003, "AuthFailure.InvalidAuthorization", "sig field is missing or empty"),
  SignatureWrong: named(1001, "AuthFailure.SignatureFailure", "sig check fail"),
  ClockOff: named(1021, "InternalError.RequestTimeException", "request time is too far from server time"),
  AuthorizationUnreadable: named(1003, "AuthFailure.InvalidAuthorization", "authorization is missing or unreadable"),
  CredentialUnknown: named(1019, "AuthFailure.SecretIdNotFound", "secret id not found"),
  TokenUnknown: named(1001, "AuthFailure.TokenFailure", "token failure"),
  SignatureExpired: named(1021, "AuthFailure.SignatureExpire", "signature expired"),
  ForeignApplication: named(1006, "UnauthorizedOperation.VoiceSdkAppidVerifyFail", "sdkappid verify fail"),
  ParameterMissing: named(1004, "MissingParameter", "a parameter is missing"),
  ParameterWrong: named(1004, "InvalidParameter", "a parameter has the wrong type"),
  NoSuchVersion: named(1030, "NoSuchVersion", "no such version"),
  NoSuchOperation: named(1011, "InvalidAction", "no such rest api"),
  NotSupported: named(1030, "UnsupportedOperation", "request is not supported"),
  TooManyRequests: named(1013, "RequestLimitExceeded", "too many requests, frequency limit"),
  // --- accounts and applications ---
  NotEnterprise: notPermitted("voice is for enterprise-verified accounts"),
  NotActivated: notPermitted("the service is not activated"),
  UnknownApplication: named(1019, "InvalidParameterValue.SdkAppidNotExist", "sdkappid not exist"),
  ApplicationDisabled: named(1020, "UnauthorizedOperation.SdkAppidIsDisabled", "sdkappid is disabled"),
  // --- templates and what is put into them ---
  TemplateNotUsable: badTemplate("template not match or not approved"),
  NotACodeTemplate: badTemplate("template not match, it does not speak codes"),
  NoTemplateMatches: badTemplate("template not match"),
  ParameterCount: badTemplate("package format error, template params error"),
  VariableUnspeakable: badTemplate("package format error, template params error"),
  VariableKindMismatch: badTemplate("package format error, template params error"),
  VariableTooLong: named(1036, "InvalidParameterValue.ContentLengthLimit", "template param is too long"),
  RenderedTooLong: tooLong("message is too long"),
  TextTooLong: tooLong("message is too long"),
  UnknownTemplate: badTemplate("template not exist"),
  TemplateDeleted: badTemplate("template not exist"),
  TemplateNotEditable: badTemplate("an approved template can not be modified"),
  ContentEmpty: badTemplate("template text is empty"),
  ContentTooLong: tooLong("template text is too long"),
  UnspeakableCharacter: badTemplate("template text has a character that can not be spoken"),
  BadVariable: badTemplate("template variables must be {1}, {2}, ..."),
  UnmatchedBrace: badTemplate("template text has an unmatched brace"),
  MixedSpelling: badTemplate("template variables must be written in one way"),
  VariablesNotContiguous: badTemplate("template variables must be numbered from 1 without gaps"),
  OnlyVariables: badTemplate("template text must not be variables only"),
  UndeclaredVariable: badTemplate("package format error, template params error"),
  NoCodeVariable: badTemplate("a verification template needs a variable for the code"),
  // --- voice files: the tables have no words for what is wrong with one ---
  SoundTooLarge: badParameter("voice file is too large"),
  SoundNotTaken: badParameter("voice file is not wav or mp3"),
  SoundUnplayable: badParameter("voice file can not be decoded"),
  SoundTooLong: badParameter("voice file is too long"),
  SoundSilent: badParameter("voice file is silent"),
  TooManyVoiceFiles: named(1007, "FailedOperation.ParametersOtherError", "too many voice files"),
  VoiceFileNotUsable: badTemplate("voice file not exist or not approved"),
  // --- sends ---
  CalleeNotServed: named(1016, "InvalidParameterValue.CalledNumberVerifyFail", "mobile format error"),
  BadVerificationCode: named(1018, "FailedOperation.InvalidParameters", "voice verification code format error"),
  NoNumberToShow: named(
    3014,
    "FailedOperation.PhonenumberUnappliedOrExpired",
    "no voice number was bought, or it expired"
  ),
  TooFrequent: named(1013, "LimitExceeded.DeliveryFrequencyLimit", "frequency limit"),
  DailyCapReached: named(1022, "LimitExceeded.DeliveryFrequencyLimit", "daily limit of the application"),
  NoUsablePackage: named(1033, "UnauthorizedOperation.ServiceSuspendDueToArrears", "no usable voice package"),
  NotEnoughMinutes: named(
    1031,
    "FailedOperation.InsufficientBalanceInVoicePackage",
    "voice package has too few minutes left"
  ),
  IdempotencyConflict: named(1007, "FailedOperation.ParametersOtherError", "the same request was made before"),
  // --- the outside ---
  PortFailure: named(1008, "InternalError.AccessUpstreamTimeout", "request timed out, please retry")
}

/** We broke; the log knows how. */
export const broken: VendorCode = named(3001, "InternalError", "unknown error")

const known: { readonly [tag: string]: VendorCode | undefined } = table

/** What an error is called, with the field that is wrong where it names one; `broken` if it is no refusal. */
export const codeOf = (error: unknown): VendorCode => {
  if (typeof error !== "object" || error === null || !("_tag" in error) || typeof error._tag !== "string") return broken
  const code = Object.hasOwn(table, error._tag) ? known[error._tag]! : broken
  const field = "field" in error && typeof error.field === "string" ? error.field : ""
  return field === "" ? code : { ...code, text: `${code.text}: ${field}` }
}
