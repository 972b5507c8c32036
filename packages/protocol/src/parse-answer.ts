import type { ZodMiniType as Schema } from 'zod/mini';
import { Entry } from './entries.ts';
import { Conversation, Membership, User } from './model.ts';
import { ConversationKind, HistoryVisibility, Role } from './values.ts';

/** Replacements of unknown values, by field name. */
const fallbacks: Readonly<Record<string, (parent: Fields) => string>> = {
  code: ({ retryAfterMs }) => (typeof retryAfterMs === 'number' ? 'unavailable' : 'internal'),
  role: () => 'member',
  kind: () => 'group',
  history: () => 'since_joining',
  signup: () => 'closed',
};

const entries = Entry.def.options.map(({ def: { shape } }) => [shape.kind.def.values, Object.keys(shape)]);
const objects = [Conversation, Membership, User].map(({ def }) => Object.keys(def.shape));

/** Identifies what this version can read of a conversation. Other versions have other terms. */
export const knownTerms = [objects, entries, ConversationKind.options, Role.options, HistoryVisibility.options].join();

/**
 * Parses data from a server, or from a client on the same store, of any version. Returns null if it does not match the
 * schema. Unknown fields are kept. An entry of an unknown kind, or with another unknown value, becomes a `later` entry,
 * which holds the original; elsewhere an unknown value is replaced by a fallback. Changes `answer` in place.
 */
export function parseAnswer<Value>(schema: Schema<Value>, answer: unknown): Value | null {
  const { error } = schema.safeParse(answer);
  const root: Fields = { answer };
  for (const { code, path } of error?.issues ?? []) {
    if (code === 'invalid_value' || code === 'invalid_union') replace(root, ['answer', ...path]);
  }
  return !error || schema.safeParse(root['answer']).success ? (root['answer'] as Value) : null;
}

/** Replaces the unknown value at this path, or the entry that has it. */
function replace(root: Fields, path: readonly PropertyKey[]): void {
  let parent = root;
  let replaceEntry: (() => void) | null = null;
  for (const key of path as string[]) {
    const value = parent[key];
    const holder = parent;
    if (isObject(value)) {
      parent = value;
      if (!('senderId' in value) || value['kind'] === 'later') continue;
      replaceEntry = () => {
        holder[key] = key === 'lastMessage' ? null : later(value);
      };
    } else if (typeof value === 'string') {
      if (replaceEntry) replaceEntry();
      else parent[key] = fallbacks[key]?.(parent) ?? value;
    }
  }
}

function later(original: Fields): Fields {
  const { conversationId, seq, messageCount, atMs, senderId } = original;
  return { kind: 'later', conversationId, seq, messageCount, atMs, senderId, original };
}

/** An object that has not been validated. */
type Fields = Record<string, unknown>;

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}
