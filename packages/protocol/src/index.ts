/** The types of all schemas, for importers that do not depend on zod. */
export type { ZodMiniObject as ObjectSchema, ZodMiniType as Schema } from 'zod/mini';
export {
  type AmendingMember,
  type Amendment,
  amended,
  amendmentRefusal,
  deletedText,
  isUnchanged,
  MessageChange,
  mayWrite,
} from './amendments.ts';
export * from './client-frames.ts';
export * from './close-codes.ts';
export * from './code-points.ts';
export { isEmoji } from './emoji.ts';
export { Entry, type EntryEffect, effectOf, MessageEntry, type Reaction } from './entries.ts';
export * from './errors.ts';
export * from './frames.ts';
export { invitationLink, readInvitation } from './invitation-link.ts';
export * from './limits.ts';
export { entryNumber, type MessageLink, messageLink, readMessageLink } from './message-link.ts';
export * from './model.ts';
export { isVisibleName, markedName, mixedScripts, shownName } from './names.ts';
export { type Access, type Operation, sharedErrors } from './operation.ts';
export { deviceHeader, type SignupMode } from './operations/account.ts';
export { followerNames, type ManagedUser, type ServerStats } from './operations/administration.ts';
export * from './operations/index.ts';
export { operationTexts } from './operations/texts.ts';
export { knownTerms, parseAnswer } from './parse-answer.ts';
export { isLaterThan, type ReadPoint } from './read-point.ts';
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
