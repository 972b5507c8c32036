import type { Entry, MessageEntry } from '@parley/protocol';
import type { Failure } from '../engine/messages.ts';
import type { Place } from './place.ts';

/**
 * A requested place and the outcome. `shown`: it is part of the entries. `missing`: the person may see no entry with
 * this number. `away`: the entry is not stored here, and the server can't be reached.
 */
export interface Target extends Place {
  outcome: 'shown' | 'missing' | 'away';
}

/** The part of a conversation that is shown. Every change makes a new object. */
export interface TimelineView {
  /** Ascending, without gaps. */
  readonly entries: readonly Entry[];
  /** No older entry exists that the person may see. */
  readonly hasStart: boolean;
  /** The newest entry is included, and new ones are appended. */
  readonly hasEnd: boolean;
  /** Older entries exist that are not stored here, and the server can't be reached. */
  readonly startIsMissing: boolean;
  readonly isLoaded: boolean;
  /** Incremented when another part of the conversation replaces the one that is shown. */
  readonly generation: number;
  /** The number of the first unread entry when the conversation was opened or marked as unread. Null: all were read. */
  readonly unreadFrom: number | null;
  /** The place that was requested last. Null once the end was requested instead. */
  readonly target: Target | null;
  /** Loading failed. */
  readonly hasFailed: boolean;
  /** The last message that somebody else edited or deleted while it was shown. */
  readonly reworded: MessageEntry | null;
  /** Why the server refused an amendment of the person's: the last refusal, as a new object for each. */
  readonly refusal: Failure | null;
}

/** The view of a conversation before anything was loaded. */
export const unloaded: TimelineView = {
  entries: [],
  hasStart: false,
  hasEnd: false,
  startIsMissing: false,
  isLoaded: false,
  generation: 0,
  unreadFrom: null,
  target: null,
  hasFailed: false,
  reworded: null,
  refusal: null,
};
