/** The types of all schemas, for importers that do not depend on zod. */
export type { ZodMiniObject as ObjectSchema, ZodMiniType as Schema } from 'zod/mini';
export * from './client-frames.ts';
export * from './close-codes.ts';
export * from './code-points.ts';
export { Entry, type EntryEffect, effectOf, type MessageEntry } from './entries.ts';
export * from './errors.ts';
export * from './frames.ts';
export { invitationLink, readInvitation } from './invitation-link.ts';
export * from './limits.ts';
export * from './model.ts';
export { isVisibleName, shownName } from './names.ts';
export { type Access, type Operation, sharedErrors } from './operation.ts';
export { deviceHeader, type SignupMode } from './operations/account.ts';
export { followerNames, type ManagedUser, type ServerStats } from './operations/administration.ts';
export * from './operations/index.ts';
export { operationTexts } from './operations/texts.ts';
export { knownTerms, parseAnswer } from './parse-answer.ts';
export {
  ConversationId,
  ConversationKind,
  Epoch,
  HistoryVisibility,
  Position,
  Role,
  Seq,
  SessionId,
  TimeMs,
  UserId,
} from './values.ts';
