import type { ServerFrame, ServerFrameOf } from '@parley/protocol';
import { Disconnected, ParleyError } from './parley-error.ts';
import type { Runtime } from './runtime.ts';

const timeoutMs = 15_000;

interface Waiting {
  resolve(frame: ServerFrame): void;
  reject(error: Error): void;
  cancelTimeout(): void;
}

/** The requests of one socket that have no response yet. */
export class PendingRequests {
  private readonly waiting = new Map<string, Waiting>();
  private nextId = 1;

  constructor(private readonly runtime: Pick<Runtime, 'after'>) {}

  /**
   * Sends a request with a new id. Rejects with what `send` throws, with {@link ParleyError}, or with
   * {@link Disconnected} if no response arrives.
   */
  ask(send: (id: string) => void): Promise<ServerFrame> {
    const id = String(this.nextId++);
    return new Promise((resolve, reject) => {
      send(id);
      const cancelTimeout = this.runtime.after(timeoutMs, () => {
        this.waiting.delete(id);
        reject(new Disconnected('request timeout'));
      });
      this.waiting.set(id, { resolve, reject, cancelTimeout });
    });
  }

  /** Handles a response. Returns whether the frame is one. */
  answer(frame: ServerFrame): boolean {
    const id = 'id' in frame ? frame.id : undefined;
    const waiting = id === undefined ? undefined : this.waiting.get(id);
    if (id === undefined || !waiting) return false;
    this.waiting.delete(id);
    waiting.cancelTimeout();
    if (frame.type === 'error') waiting.reject(refusalOf(frame));
    else waiting.resolve(frame);
    return true;
  }

  rejectAll(): void {
    for (const { reject, cancelTimeout } of this.waiting.values()) {
      cancelTimeout();
      reject(new Disconnected('the connection ended before the response'));
    }
    this.waiting.clear();
  }
}

export function refusalOf(frame: ServerFrameOf<'error'>): ParleyError {
  const errors = frame.field === undefined ? [] : [{ field: frame.field, rule: frame.message }];
  return new ParleyError(frame.code, frame.message, null, errors, frame.retryAfterMs ?? null);
}
