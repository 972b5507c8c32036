import type { ConversationId } from '@parley/protocol';
import type { Failure } from '../engine/messages.ts';

/** A change of a message that the server refused. */
export interface RefusedChange {
  conversationId: ConversationId;
  failure: Failure;
}

/** Changes that were refused in conversations that this tab did not show, until the person has seen them. */
export class Refusals {
  private waiting: readonly RefusedChange[] = [];

  /** The one to report now. */
  get first(): RefusedChange | undefined {
    return this.waiting[0];
  }

  /** Adds a refusal, unless the same one is already waiting: many changes may be refused for one reason. */
  add(refused: RefusedChange): void {
    const isSame = ({ conversationId, failure }: RefusedChange) =>
      conversationId === refused.conversationId && failure.code === refused.failure.code;
    if (!this.waiting.some(isSame)) this.waiting = [...this.waiting, refused];
  }

  removeFirst(): void {
    this.waiting = this.waiting.slice(1);
  }

  clear(): void {
    this.waiting = [];
  }
}
