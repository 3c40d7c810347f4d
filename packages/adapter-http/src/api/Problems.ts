/**
 * Rules: which status each refusal has. 402: minutes are missing. 403: the account or the credential may not. 404: there
 * is none, or it is somebody else's. 409: it stands otherwise. 422: it can be read, and is wrong. 429: too often.
 */
import * as Account from "@vsms/core/account/Account"
import * as AppSecret from "@vsms/core/account/AppSecret"
import * as Application from "@vsms/core/account/Application"
import * as AlertContact from "@vsms/core/alert/AlertContact"
import * as DailyVolume from "@vsms/core/alert/DailyVolume"
import * as Balance from "@vsms/core/balance/Balance"
import * as PackagePurchase from "@vsms/core/balance/PackagePurchase"
import * as Delivery from "@vsms/core/callback/Delivery"
import * as Endpoint from "@vsms/core/callback/Endpoint"
import * as TargetUrl from "@vsms/core/TargetUrl"
import * as Invalid from "@vsms/core/InvalidInput"
import * as Basket from "@vsms/core/money/Basket"
import * as Tariff from "@vsms/core/money/Tariff"
import * as Holdings from "@vsms/core/number/Holdings"
import * as VoiceNumber from "@vsms/core/number/VoiceNumber"
import * as DeskPayment from "@vsms/core/order/DeskPayment"
import * as Invoice from "@vsms/core/order/Invoice"
import * as Order from "@vsms/core/order/Order"
import * as CertificateImage from "@vsms/core/qualification/CertificateImage"
import * as CreditCode from "@vsms/core/qualification/CreditCode"
import * as Qualification from "@vsms/core/qualification/Qualification"
import * as ResidentId from "@vsms/core/qualification/ResidentId"
import * as Submission from "@vsms/core/qualification/Submission"
import * as Callee from "@vsms/core/sending/Callee"
import * as DisplayNumber from "@vsms/core/sending/DisplayNumber"
import * as FrequencyLimit from "@vsms/core/sending/FrequencyLimit"
import * as Idempotency from "@vsms/core/sending/Idempotency"
import * as Send from "@vsms/core/sending/Send"
import * as VerificationCode from "@vsms/core/sending/VerificationCode"
import * as Period from "@vsms/core/statistics/Period"
import * as Rendering from "@vsms/core/template/Rendering"
import * as Template from "@vsms/core/template/Template"
import * as TemplateBook from "@vsms/core/template/TemplateBook"
import * as TemplateText from "@vsms/core/template/TemplateText"
import * as SoundFile from "@vsms/core/voicefile/SoundFile"
import * as VoiceFile from "@vsms/core/voicefile/VoiceFile"
import * as VoiceFileShelf from "@vsms/core/voicefile/VoiceFileShelf"
import * as Schema from "effect/Schema"
import * as Http from "./HttpRefusals.ts"
import { problem } from "./Problem.ts"

// --- the door itself ---

export const MalformedBody = problem(Http.MalformedBody, 400)
export const NotAuthenticated = problem(Http.NotAuthenticated, 401)
export const NotPermitted = problem(Http.NotPermitted, 403)
export const NothingHere = problem(Http.NothingHere, 404)
export const MethodNotAllowed = problem(Http.MethodNotAllowed, 405)
export const RequestUnderWay = problem(Http.RequestUnderWay, 409)
export const ChangedMeanwhile = problem(Http.ChangedMeanwhile, 412)
export const BodyTooLarge = problem(Http.BodyTooLarge, 413)
export const UnsupportedBody = problem(Http.UnsupportedBody, 415)
export const KeyUsedBefore = problem(Http.KeyUsedBefore, 422)
export const InvalidInput = problem(Invalid.InvalidInput, 422)
export const TooManyRequests = problem(Http.TooManyRequests, 429)
export const Broken = problem(Http.Broken, 500)
export const Unavailable = problem(Http.Unavailable, 503)

// --- before there is a request: a server of ours says so, another host in its own words ---

export const MalformedRequest = problem(Http.MalformedRequest, 400)
export const RequestTooSlow = problem(Http.RequestTooSlow, 408)
export const HeadersTooLarge = problem(Http.HeadersTooLarge, 431)

/** What any request can be answered. */
export const Everywhere = Schema.Union(
  MalformedBody,
  NotAuthenticated,
  NotPermitted,
  NothingHere,
  MethodNotAllowed,
  BodyTooLarge,
  UnsupportedBody,
  InvalidInput,
  TooManyRequests,
  Broken,
  Unavailable
)

// --- accounts and applications ---

export const UnknownAccount = problem(Account.UnknownAccount, 404)
export const VerificationLowered = problem(Account.VerificationLowered, 409)
export const NotEnterprise = problem(Account.NotEnterprise, 403)
export const NotActivated = problem(Account.NotActivated, 403)
export const AgreementNotAccepted = problem(Account.AgreementNotAccepted, 422)
export const UnknownApplication = problem(Application.UnknownApplication, 404)
export const ApplicationDisabled = problem(Application.ApplicationDisabled, 403)
export const OverlapTooLong = problem(AppSecret.OverlapTooLong, 422)
export const TooManySecrets = problem(AppSecret.TooManySecrets, 409)

// --- qualifications ---

export const NotQualified = problem(Qualification.NotQualified, 403)
export const QualificationPending = problem(Qualification.QualificationPending, 409)
export const AlreadyQualified = problem(Qualification.AlreadyQualified, 409)
export const OutdatedReview = problem(Qualification.OutdatedReview, 409)
export const QualificationNotPending = problem(Qualification.QualificationNotPending, 409)
export const CertificateTooLarge = problem(CertificateImage.CertificateTooLarge, 413)
export const CertificateNotAnImage = problem(CertificateImage.CertificateNotAnImage, 422)
export const NoteTooLong = problem(Submission.NoteTooLong, 422)
export const InvalidCreditCode = problem(CreditCode.InvalidCreditCode, 422)
export const InvalidResidentId = problem(ResidentId.InvalidResidentId, 422)

export const BadSubmission = Schema.Union(
  CertificateTooLarge,
  CertificateNotAnImage,
  NoteTooLong,
  InvalidCreditCode,
  InvalidResidentId
)

// --- orders, numbers, packages ---

export const VoucherNotAccepted = problem(Order.VoucherNotAccepted, 422)
export const UnknownOrder = problem(Order.UnknownOrder, 404)
export const OrderNotOpen = problem(Order.OrderNotOpen, 409)
export const PaidNotReversible = problem(Order.PaidNotReversible, 409)
export const PaymentUnderWay = problem(Order.PaymentUnderWay, 409)
export const NoPaymentWaits = problem(DeskPayment.NoPaymentWaits, 409)
export const PaidBefore = problem(Order.PaidBefore, 409)
export const AmountDiffers = problem(Order.AmountDiffers, 422)
export const OrderNotPaid = problem(Invoice.OrderNotPaid, 409)
export const InvoicedBefore = problem(Invoice.InvoicedBefore, 409)
export const TooManyNumbers = problem(Holdings.TooManyNumbers, 409)
export const NumberNotHeld = problem(Holdings.NumberNotHeld, 404)
export const NumberNotAvailable = problem(VoiceNumber.NumberNotAvailable, 409)
export const ListedElsewhere = problem(VoiceNumber.ListedElsewhere, 409)
export const NumberMissing = problem(PackagePurchase.NumberMissing, 409)
export const AgreementMissing = problem(PackagePurchase.AgreementMissing, 422)
export const CustomMinutesTooFew = problem(Tariff.CustomMinutesTooFew, 422)
export const CustomMinutesTooMany = problem(Tariff.CustomMinutesTooMany, 422)
export const CustomMinutesNotWhole = problem(Tariff.CustomMinutesNotWhole, 422)
export const FixedPackageUnknown = problem(Tariff.FixedPackageUnknown, 422)
export const PackageQuantityOutOfRange = problem(Tariff.PackageQuantityOutOfRange, 422)
export const MinutesBeyondOneOrder = problem(Basket.MinutesBeyondOneOrder, 422)

export const NotSold = Schema.Union(
  CustomMinutesTooFew,
  CustomMinutesTooMany,
  CustomMinutesNotWhole,
  FixedPackageUnknown,
  PackageQuantityOutOfRange
)

// --- templates ---

export const UnknownTemplate = problem(Template.UnknownTemplate, 404)
export const TemplateDeleted = problem(Template.TemplateDeleted, 410)
export const TemplateNotEditable = problem(Template.TemplateNotEditable, 409)
export const OutdatedVersion = problem(Template.OutdatedVersion, 409)
export const AlreadyDecided = problem(Template.AlreadyDecided, 409)
export const TemplateNotUsable = problem(Template.TemplateNotUsable, 409)
export const TooManyApproved = problem(TemplateBook.TooManyApproved, 409)
export const NotACodeTemplate = problem(TemplateBook.NotACodeTemplate, 409)
export const UndeclaredVariable = problem(Template.UndeclaredVariable, 422)
export const NoCodeVariable = problem(Template.NoCodeVariable, 422)
export const ContentEmpty = problem(TemplateText.ContentEmpty, 422)
export const ContentTooLong = problem(TemplateText.ContentTooLong, 422)
export const UnspeakableCharacter = problem(TemplateText.UnspeakableCharacter, 422)
export const BadVariable = problem(TemplateText.BadVariable, 422)
export const UnmatchedBrace = problem(TemplateText.UnmatchedBrace, 422)
export const MixedSpelling = problem(TemplateText.MixedSpelling, 422)
export const VariablesNotContiguous = problem(TemplateText.VariablesNotContiguous, 422)
export const OnlyVariables = problem(TemplateText.OnlyVariables, 422)

export const BadDraft = Schema.Union(
  ContentEmpty,
  ContentTooLong,
  UnspeakableCharacter,
  BadVariable,
  UnmatchedBrace,
  MixedSpelling,
  VariablesNotContiguous,
  OnlyVariables,
  UndeclaredVariable,
  NoCodeVariable
)

// --- voice files ---

export const SoundTooLarge = problem(SoundFile.SoundTooLarge, 413)
export const SoundNotTaken = problem(SoundFile.SoundNotTaken, 422)
export const SoundUnplayable = problem(SoundFile.SoundUnplayable, 422)
export const SoundTooLong = problem(SoundFile.SoundTooLong, 422)
export const SoundSilent = problem(SoundFile.SoundSilent, 422)
export const UnknownVoiceFile = problem(VoiceFile.UnknownVoiceFile, 404)
export const VoiceFileDeleted = problem(VoiceFile.VoiceFileDeleted, 410)
export const OutdatedVoiceFile = problem(VoiceFile.OutdatedVoiceFile, 409)
export const VoiceFileDecided = problem(VoiceFile.VoiceFileDecided, 409)
export const VoiceFileNotUsable = problem(VoiceFile.VoiceFileNotUsable, 409)
export const TooManyVoiceFiles = problem(VoiceFileShelf.TooManyVoiceFiles, 409)

export const BadSound = Schema.Union(SoundTooLarge, SoundNotTaken, SoundUnplayable, SoundTooLong, SoundSilent)

// --- alerts ---

export const UnknownContact = problem(AlertContact.UnknownContact, 404)
export const ContactWithoutAddress = problem(AlertContact.ContactWithoutAddress, 422)
export const TooManyContacts = problem(AlertContact.TooManyContacts, 409)
export const DailyCapReached = problem(DailyVolume.DailyCapReached, 429)

// --- sends ---

export const UnknownSend = problem(Send.UnknownSend, 404)
export const CalleeNotServed = problem(Callee.CalleeNotServed, 422)
export const BadVerificationCode = problem(VerificationCode.BadVerificationCode, 422)
export const IdempotencyConflict = problem(Idempotency.IdempotencyConflict, 409)
export const ParameterCount = problem(Rendering.ParameterCount, 422)
export const VariableTooLong = problem(Rendering.VariableTooLong, 422)
export const VariableUnspeakable = problem(Rendering.VariableUnspeakable, 422)
export const VariableKindMismatch = problem(Rendering.VariableKindMismatch, 422)
export const RenderedTooLong = problem(Rendering.RenderedTooLong, 422)
export const NoNumberToShow = problem(DisplayNumber.NoNumberToShow, 409)
export const TooFrequent = problem(FrequencyLimit.TooFrequent, 429)
export const NoUsablePackage = problem(Balance.NoUsablePackage, 402)
export const NotEnoughMinutes = problem(Balance.NotEnoughMinutes, 402)

/** A request to send that has not the form of one. */
export const BadSend = Schema.Union(CalleeNotServed, BadVerificationCode)

/** A gate that is shut for a send. */
export const GateShut = Schema.Union(
  IdempotencyConflict,
  NotEnterprise,
  NotActivated,
  UnknownApplication,
  ApplicationDisabled,
  TemplateNotUsable,
  NotACodeTemplate,
  VoiceFileNotUsable,
  ParameterCount,
  VariableTooLong,
  VariableUnspeakable,
  VariableKindMismatch,
  RenderedTooLong,
  NoNumberToShow,
  TooFrequent,
  DailyCapReached,
  NoUsablePackage,
  NotEnoughMinutes
)

// --- callbacks and statistics ---

export const UnknownEndpoint = problem(Endpoint.UnknownEndpoint, 404)
export const UnknownFormat = problem(Endpoint.UnknownFormat, 422)
export const TooManyEndpoints = problem(Endpoint.TooManyEndpoints, 409)
export const UnusableUrl = problem(TargetUrl.UnusableUrl, 422)
export const PrivateTarget = problem(TargetUrl.PrivateTarget, 422)
export const UnknownDelivery = problem(Delivery.UnknownDelivery, 404)
export const PeriodTooLong = problem(Period.PeriodTooLong, 422)
