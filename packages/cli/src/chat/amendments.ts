import { limits } from '@parley/protocol';
import type { Amending, Conversation, MessageEntry, OutgoingMessage } from '@parley/sdk';
import { displayLine } from './display-text.ts';

/** A message that is amended or answered: an entry, or one in the outbox. */
export type Target = MessageEntry | OutgoingMessage;

/** An operation that the user has begun and that the next line or command completes. */
export interface Begun {
  kind: 'edit' | 'reply' | 'delete';
  target: Target;
  /** The author and the beginning of the text. */
  label: string;
}

interface Waiting {
  target: Target;
  done: Promise<void>;
}

/** Edits, replies and deletions that the user has begun, and amendments that the server has not acknowledged. */
export class Amendments {
  begun: Begun | null = null;
  /** How many amendments the server has refused. */
  refusedCount = 0;
  private readonly waiting = new Set<Waiting>();

  /**
   * @param report shows a sentence to the user.
   * @param where names a conversation in a sentence; empty for the one that is open.
   */
  constructor(
    private readonly report: (text: string) => void,
    private readonly changed: () => void,
    private readonly where: (conversationId: string) => string,
  ) {}

  begin(begun: Begun): void {
    this.begun = begun;
    this.changed();
  }

  /** Returns what was begun. */
  cancel(): Begun | null {
    const { begun } = this;
    this.begun = null;
    if (begun) this.changed();
    return begun;
  }

  /** Sends a text: as a message, as a reply, or as the new text of the message that is edited. */
  submit(conversation: Conversation, text: string): void {
    const { begun } = this;
    if (begun?.kind === 'edit' && [...text].length > limits.textCodePoints) {
      throw new Error(`A message has at most ${limits.textCodePoints.toLocaleString('en')} characters.`);
    }
    this.begun = null;
    if (begun?.kind === 'edit') {
      this.add(begun.target, conversation.message(begun.target).edit(text), 'Not edited');
    } else if (begun?.kind === 'reply' && 'seq' in begun.target) {
      conversation.send(text, { replyTo: begun.target.seq });
    } else conversation.send(text);
    this.changed();
  }

  /** Waits for an amendment, and reports a refusal. */
  add(target: Target, amending: Amending, refused: string): void {
    const waiting: Waiting = { target, done: Promise.resolve() };
    waiting.done = amending
      .done()
      .catch((error: unknown) => this.refuse(error, `${refused}${this.where(target.conversationId)}: `))
      .then(() => {
        this.waiting.delete(waiting);
        this.changed();
      });
    this.waiting.add(waiting);
  }

  /** Reports that an amendment is not made. */
  refuse(error: unknown, prefix = ''): void {
    this.refusedCount++;
    this.report(`${prefix}${displayLine(error instanceof Error ? error.message : String(error))}`);
  }

  /** Amendments that will be sent when there is a connection: not those of messages that failed. */
  get unsent(): Promise<void>[] {
    return [...this.waiting]
      .filter(({ target }) => !('status' in target && target.status === 'failed'))
      .map(({ done }) => done);
  }
}
