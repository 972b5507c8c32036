import type { CommandSubmitter } from '../distribution/submitter.ts';
import type { Connection } from './connection.ts';

/** Messages of a connection that are refused in a row before the connection is paused. */
export const refusalsBeforePause = 4;
/** A pause lasts between one and two times this long. */
export const pauseMs = 125;
/**
 * Pauses have this many different lengths, so that connections that were refused in one turn are not resumed in one
 * turn.
 */
const pauseSteps = 25;

/** The number of characters in which the type, the id and the conversation of a send are searched. */
const scanned = 256;
const sendPrefix = '{"type":"send",';

export interface OverloadPorts {
  submitter: Pick<CommandSubmitter, 'isBusy' | 'overload'>;
  /** Stops reading from the connection for this long. */
  rest(connection: Connection, durationMs: number): void;
}

/**
 * Refuses messages while the server is overloaded, before they are parsed, so that refusals take as little processor
 * time as possible from accepted messages. A connection that keeps sending is paused, so that TCP slows it down and one
 * read returns many of its frames.
 */
export class Overload {
  private pauses = 0;

  constructor(private readonly ports: OverloadPorts) {}

  /** Answers the frame and returns true if it is a message that has to be refused now. */
  refuses(connection: Connection, frame: string | Uint8Array): boolean {
    const { submitter } = this.ports;
    if (!submitter.isBusy || typeof frame !== 'string' || !frame.startsWith(sendPrefix)) return false;
    const beginning = frame.slice(0, scanned);
    const conversationId = shortValueOf(beginning, '"conversationId":"');
    const id = shortValueOf(beginning, '"id":"');
    const refusal = conversationId !== null && id !== null && submitter.overload(conversationId);
    if (!refusal) return false;
    const { code, message } = refusal;
    const { retryAfterMs } = refusal.more;
    connection.sendText(
      `{"type":"error","id":"${id}","code":"${code}","message":"${message}","retryAfterMs":${retryAfterMs}}`,
    );
    this.refused(connection);
    return true;
  }

  /** Counts a refusal of the connection, and pauses it if it keeps sending. */
  refused(connection: Connection): void {
    if (++connection.refusals < refusalsBeforePause || connection.isPaused) return;
    this.pauses = (this.pauses + 1) % pauseSteps;
    this.ports.rest(connection, pauseMs * (1 + this.pauses / pauseSteps));
  }
}

/** Printable ASCII without quotes and backslashes, which can be repeated in JSON as it is. */
const plain = /^[ !#-[\]-~]{1,64}$/;

/**
 * The value of a field with a short plain value. Null when the beginning of the frame has none: the frame is then parsed.
 * Within strings the second quote of `name` would be escaped, so this is no part of a text.
 */
function shortValueOf(beginning: string, name: string): string | null {
  const from = beginning.indexOf(name);
  if (from === -1) return null;
  const start = from + name.length;
  const end = beginning.indexOf('"', start);
  const value = beginning.slice(start, end);
  return end !== -1 && plain.test(value) ? value : null;
}
