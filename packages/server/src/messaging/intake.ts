import type { ClientFrame } from '@parley/protocol';
import { Unavailable } from '../platform/failures.ts';
import type { WorkTurns } from '../platform/work-turns.ts';
import type { Arrival } from './arrival.ts';
import type { Connection } from './connection.ts';
import { parseFrame } from './frame-parsing.ts';
import { frameUnits } from './frame-work.ts';
import type { Overload } from './overload.ts';
import type { Requests } from './requests.ts';

/** When this many frames of a connection wait for the one before them, the connection is not read any further. */
const fullAt = 100;

/** Parses frames, and handles those of one connection one after the other. */
export class Intake {
  private readonly waiting = new Map<Connection, ClientFrame[]>();

  constructor(
    private readonly arrival: Pick<Arrival, 'hello'>,
    private readonly requests: Pick<Requests, 'handle'>,
    private readonly overload: Pick<Overload, 'refuses'>,
    private readonly turns: Pick<WorkTurns, 'turn'>,
    /** Called when every frame of a connection that waited has been started. */
    private readonly emptied: (connection: Connection) => void,
    private readonly reportFailure: (error: unknown) => void,
  ) {}

  isFull(connection: Connection): boolean {
    return (this.waiting.get(connection)?.length ?? 0) >= fullAt;
  }

  /** Must not be called for a connection that {@link isFull}. */
  receive(connection: Connection, data: string | Uint8Array): void {
    if (connection.closed) return;
    connection.heard();
    if (connection.helloSeen && this.overload.refuses(connection, data)) return;
    const parsed = parseFrame(data);
    if (parsed.kind === 'violation') this.violation(connection, parsed.message);
    else if (parsed.kind === 'invalid') this.invalid(connection, parsed);
    else if (!connection.helloSeen) this.first(connection, parsed.frame);
    else if (parsed.frame.type === 'hello') this.violation(connection, 'hello was sent before');
    else this.take(connection, parsed.frame);
  }

  private first(connection: Connection, frame: ClientFrame): void {
    if (frame.type !== 'hello') {
      connection.close('helloExpected', 'the first frame must be a hello');
      return;
    }
    connection.helloSeen = true;
    this.take(connection, frame);
  }

  /** Starts the frame at once when the connection has none under way. */
  private take(connection: Connection, frame: ClientFrame): void {
    const waiting = this.waiting.get(connection);
    if (waiting) {
      waiting.push(frame);
      return;
    }
    const underWay = this.start(connection, frame);
    if (!underWay) return;
    this.waiting.set(connection, []);
    this.goOnAfter(connection, underWay).catch(this.reportFailure);
  }

  /** Resolves when the next frame of the connection may start; returns undefined when it may start at once. */
  private start(connection: Connection, frame: ClientFrame): Promise<void> | undefined {
    const units = frameUnits(frame);
    const turn = units > 0 ? this.turns.turn(connection.address, units) : undefined;
    return turn ? turn.then(() => this.handle(connection, frame)) : this.handle(connection, frame);
  }

  private handle(connection: Connection, frame: ClientFrame): Promise<void> | undefined {
    if (connection.closed) return undefined;
    return frame.type === 'hello' ? this.hello(connection, frame) : this.requests.handle(connection, frame);
  }

  private async goOnAfter(connection: Connection, underWay: Promise<void>): Promise<void> {
    await underWay;
    while (!connection.closed) {
      const frame = this.waiting.get(connection)?.shift();
      if (!frame) break;
      await this.start(connection, frame);
    }
    this.waiting.delete(connection);
    this.emptied(connection);
  }

  private async hello(connection: Connection, frame: Extract<ClientFrame, { type: 'hello' }>): Promise<void> {
    try {
      await this.arrival.hello(connection, frame);
    } catch (error) {
      this.reportFailure(error);
      const reason = error instanceof Unavailable ? 'unavailable' : 'internal';
      connection.close(reason, 'the server could not register the connection');
    }
  }

  private violation(connection: Connection, message: string): void {
    connection.send({ type: 'error', code: 'invalid_json', message });
    connection.close('protocolError', message);
  }

  private invalid(
    connection: Connection,
    { id, field, rule }: { id: string | undefined; field: string; rule: string },
  ): void {
    const request = id === undefined ? {} : { id };
    connection.send({ type: 'error', ...request, code: 'invalid_request', message: `${field} ${rule}`, field });
    if (!connection.helloSeen) connection.close('helloExpected', 'the first frame must be a valid hello');
  }
}
