import type { Entry, MessageEntry, ServerFrameOf } from '@parley/protocol';
import type { ConnectionState } from './connection.ts';
import type { Conversation } from './conversation.ts';
import type { Events } from './events.ts';
import type { OutgoingMessage } from './outgoing-message.ts';
import type { ParleyError } from './parley-error.ts';
import type { Person } from './people-directory.ts';
import type { StoreNotice } from './store/store.ts';

/** The events of a client. */
export interface ClientEvents {
  /** The state of the connection, or the features of the server, changed. */
  state: ConnectionState;
  /** The next entry of any conversation. Each entry is emitted once, in the order of its conversation. */
  entry: Entry;
  /**
   * After a long absence these entries of the conversation were left out. `history` and `live({ after })` fetch them.
   */
  skipped: { conversation: Conversation; fromSeq: number; toSeq: number };
  /**
   * The server was restored from a backup. The client discarded what it had read of this conversation, or, if
   * `conversation` is null, of the list of conversations and the read positions, and reads it again. Entries that were
   * shown may no longer exist, and other entries may have their numbers: those after `keptSeq`, which is absent if
   * `conversation` is null. New entries follow as `entry`. Unsent messages are kept.
   */
  restored: { conversation: Conversation | null; keptSeq?: number };
  /**
   * The server ended the session: it was revoked or, if `lost` is true, it began after the backup from which the server
   * was restored. After a lost session the client keeps all data: it sends waiting messages when the same account logs
   * in. {@link ParleyClient.logout} or a log-in with another account deletes the data.
   */
  sessionEnded: { lost: boolean };
  /** A conversation was added, removed or changed, for example its name, its last entry or its unread count. */
  conversation: { conversation: Conversation; removed: boolean };
  /**
   * Messages were amended: each as it is to be shown, including amendments of this client that are waiting. If `reread`
   * is true, too many were amended while the client was away: read the pages that are shown again. `failure`: the server
   * refused an amendment of this client, and the message is as before; without a message if this run has not shown it.
   */
  amended: {
    conversation: Conversation;
    messages: readonly MessageEntry[];
    reread: boolean;
    failure: ParleyError | null;
  };
  /** The status of an outgoing message changed. */
  outbox: OutgoingMessage;
  /** A watched person went online or offline, or the online count of a watched conversation changed. */
  presence: ServerFrameOf<'presence'>;
  /** Somebody is typing in a watched conversation. */
  typing: ServerFrameOf<'typing'>;
  /** People whose names changed or became known. */
  people: readonly Person[];
  /** The read position of a member changed. */
  read: ServerFrameOf<'read'>;
  /** Whether the store accepts writes. While it does not, the client continues with the data in memory. */
  storage: { available: boolean };
  /**
   * Another version of the client uses the store in another page of the browser. `newer`: the other version is newer;
   * reload this page. Until then this page goes on working. `blocked`: a page with an earlier version keeps the store
   * from being opened; close that page. `opened`: that page was closed.
   */
  otherVersion: { notice: Exclude<StoreNotice, 'lost'> };
  /** Whether a proxy or network between the client and the server answers requests. The user has to sign in there. */
  intercepted: { isIntercepted: boolean };
  /** A failure that no call reports. */
  error: unknown;
}

export type Emitter = Pick<Events<ClientEvents>, 'emit'>;
