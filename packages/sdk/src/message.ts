import type { MessageChange, MessageEntry } from '@parley/protocol';
import type { AmendmentOutbox } from './amendment-outbox.ts';
import type { Outbox } from './outbox.ts';
import type { Amending } from './outgoing-amendment.ts';
import type { OutgoingMessage } from './outgoing-message.ts';

/** What {@link Message} needs. */
export interface MessagePorts {
  readonly outbox: Pick<Outbox, 'edit' | 'isUntried'>;
  readonly amendments: Pick<AmendmentOutbox, 'add'>;
}

/**
 * The operations on one message: an entry, or a message that is waiting to be sent. All are optimistic: the event
 * `amended` shows the result at once, and again as before if the server refuses it.
 */
export class Message {
  readonly #message: MessageEntry | OutgoingMessage;
  readonly #ports: MessagePorts;

  constructor(message: MessageEntry | OutgoingMessage, ports: MessagePorts) {
    this.#message = message;
    this.#ports = ports;
  }

  /** Replaces the text of an own message. That of a message that was never sent is changed in the outbox. */
  edit(text: string): Amending {
    const message = this.#message;
    if ('sent' in message && this.#ports.outbox.edit(message, text)) return { done: async () => null };
    return this.#amend({ kind: 'edit', text });
  }

  /**
   * Deletes an own message, or, as owner or admin of a group or channel, any. A message that was never sent is
   * discarded.
   */
  delete(): Amending {
    const message = this.#message;
    if ('sent' in message && this.#ports.outbox.isUntried(message)) {
      const discarded = message.discard().then(() => null);
      return { done: () => discarded };
    }
    return this.#amend({ kind: 'delete' });
  }

  /** Sets or removes the user's reaction with an emoji. */
  react(emoji: string, set = true): Amending {
    return this.#amend({ kind: 'react', emoji, set });
  }

  pin(set = true): Amending {
    return this.#amend({ kind: 'pin', set });
  }

  #amend(change: MessageChange): Amending {
    return this.#ports.amendments.add(this.#message, change);
  }
}
