import * as z from 'zod/mini';

/** Ids are stored in lower case; RFC 9562 requires that either case is accepted on input. */
const lowerCase = z.toLowerCase();

export const UserId = z.uuid().check(lowerCase, z.meta({ description: 'A user (UUIDv7).' }));
export type UserId = z.infer<typeof UserId>;

export const ConversationId = z.uuid().check(lowerCase, z.meta({ description: 'A conversation.' }));
export type ConversationId = z.infer<typeof ConversationId>;

export const SessionId = z.uuid().check(lowerCase, z.meta({ description: 'A session: one log-in on one device.' }));
export type SessionId = z.infer<typeof SessionId>;

/** The number of an entry in its conversation: 1, 2, 3 … without gaps (contract 3). */
export const Seq = z.int().check(z.positive(), z.meta({ description: 'The number of an entry in its conversation.' }));
/** A position after an entry; 0 is before the first entry. */
export const Position = z.int().check(z.nonnegative());
export const Revision = z
  .int()
  .check(
    z.nonnegative(),
    z.meta({ description: 'The number of amendments of a conversation: of changes of its messages.' }),
  );
export const Count = z.int().check(z.nonnegative());
export const ReadVersion = Count.check(
  z.meta({ description: 'How often you have marked the conversation as unread. Absent: 0.' }),
);
/** Milliseconds since 1970-01-01T00:00:00Z. */
export const TimeMs = z.int().check(z.nonnegative(), z.meta({ description: 'Milliseconds since the Unix epoch.' }));

export const Epoch = z.string().check(
  z.minLength(1),
  z.maxLength(64),
  z.meta({
    description: 'Identifies the history that numbers belong to. Changes when the server is restored from a backup.',
  }),
);

export const ConversationKind = z.enum(['direct', 'group', 'channel']);
export type ConversationKind = z.infer<typeof ConversationKind>;

export const Role = z.enum(['owner', 'admin', 'member']);
export type Role = z.infer<typeof Role>;

/** What a member may read of the history: all of it, or the entries since joining. */
export const HistoryVisibility = z.enum(['all', 'since_joining']);
export type HistoryVisibility = z.infer<typeof HistoryVisibility>;
