import { type ClientFrame, type ServerFrame, ServerFrame as ServerFrameSchema, subprotocol } from '@parley/protocol';
import { EventWait } from './event-wait.ts';

type FrameOf<Type extends ServerFrame['type']> = Extract<ServerFrame, { type: Type }>;

/** A bare WebSocket client without retries: sends frames, stores what it receives, and validates every frame. */
export class WireClient {
  readonly frames: ServerFrame[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  private readonly events = new EventWait();
  private nextId = 1;

  private constructor(readonly socket: WebSocket) {
    this.closed = new Promise((resolve) => {
      socket.onclose = ({ code, reason }) => {
        resolve({ code, reason });
        this.events.wake();
      };
    });
    socket.onmessage = ({ data }) => {
      this.frames.push(ServerFrameSchema.parse(JSON.parse(String(data))));
      this.events.wake();
    };
  }

  /** An open socket before hello. */
  static async open(url: string): Promise<WireClient> {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/v1/socket`, subprotocol);
    const client = new WireClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve();
      socket.onerror = () => reject(new Error(`no socket at ${url}`));
    });
    return client;
  }

  static async hello(url: string, token: string, options: { resume?: boolean } = {}): Promise<WireClient> {
    const client = await WireClient.open(url);
    client.send({ type: 'hello', token, ...options });
    await client.next('welcome');
    return client;
  }

  send(frame: ClientFrame): void {
    this.socket.send(JSON.stringify(frame));
  }

  /** Sends bytes that are not a frame. */
  sendRaw(data: string | Uint8Array<ArrayBuffer>): void {
    this.socket.send(data);
  }

  /** Sends a request under a new id; resolves with the response, also when that is an error. */
  async request(frame: { type: ClientFrame['type']; [field: string]: unknown }): Promise<ServerFrame> {
    const id = `request-${this.nextId++}`;
    this.socket.send(JSON.stringify({ ...frame, id }));
    return this.until(() => this.frames.find((each) => 'id' in each && each.id === id), `the answer to ${frame.type}`);
  }

  /** The first frame of this type that matches, among those received and those to come. */
  next<Type extends ServerFrame['type']>(
    type: Type,
    fits: (frame: FrameOf<Type>) => boolean = () => true,
  ): Promise<FrameOf<Type>> {
    return this.until(
      () => this.frames.find((frame): frame is FrameOf<Type> => frame.type === type && fits(frame as FrameOf<Type>)),
      `a frame ${type} that fits ${fits}`,
    );
  }

  of<Type extends ServerFrame['type']>(type: Type): FrameOf<Type>[] {
    return this.frames.filter((frame): frame is FrameOf<Type> => frame.type === type);
  }

  /** The numbers of the conversation's entries, in the order of arrival. */
  seqs(conversationId: string): number[] {
    return this.of('entry').flatMap(({ entry }) => (entry.conversationId === conversationId ? [entry.seq] : []));
  }

  /** Resolves with the first defined result of `find`. Rejects when the socket closes before, or after a minute. */
  until<Value>(find: () => Value | undefined, what = String(find)): Promise<Value> {
    return this.events.until(() => {
      const found = find();
      if (found === undefined && this.socket.readyState === WebSocket.CLOSED) {
        throw new Error(`the socket closed before: ${what}`);
      }
      return found;
    }, what);
  }

  close(): Promise<unknown> {
    this.socket.close();
    return this.closed;
  }
}
