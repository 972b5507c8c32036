import type { ServerFrame } from '@parley/protocol';
import { ana } from '../support/entries.ts';
import { FakeApi } from '../support/fake-api.ts';
import type { FakeSocket } from '../support/fake-runtime.ts';

interface Sent {
  type: string;
  id: string;
  conversationId: string;
  clientMessageId: string;
  text: string;
}

/**
 * A server of the contract, and the network to it: frames in both directions wait until a step lets them arrive, and are
 * lost when the connection is cut. It keeps one log for each conversation, and one entry for each client message id.
 */
export class SimulatedServer {
  readonly api = new FakeApi();
  private toServer: Sent[] = [];
  private toClient: ServerFrame[] = [];

  constructor(rooms: readonly string[]) {
    for (const room of rooms) this.api.write(room);
    const { received } = this.api.runtime;
    this.api.runtime.received = (socket, frame) => {
      received(socket, frame);
      if (socket === this.socket) this.toServer.push(frame as unknown as Sent);
    };
  }

  private get socket(): FakeSocket | undefined {
    return this.api.runtime.sockets.at(-1);
  }

  get isConnected(): boolean {
    return this.socket?.readyState === this.socket?.OPEN;
  }

  /** The user's messages in the log, in its order. */
  own(room: string): { text: string; clientMessageId: string; seq: number }[] {
    return this.api.log(room).filter(({ senderId }) => senderId === ana.id);
  }

  /** Other people write messages. */
  write(room: string, count: number): void {
    for (const entry of this.api.write(room, count)) this.tell({ type: 'entry', entry });
  }

  /** The next frames of the client arrive at the server. */
  arriveAtServer(count: number): void {
    for (const frame of this.toServer.splice(0, count)) {
      if (frame.type === 'send') this.send(frame);
      if (frame.type === 'ping') this.tell({ type: 'pong', serverTimeMs: 1 } as ServerFrame);
    }
  }

  /** The next frames of the server arrive at the client. */
  arriveAtClient(count: number): void {
    for (const frame of this.toClient.splice(0, count)) if (this.isConnected) this.socket?.say(frame);
  }

  /** The next frame of the server arrives, and stays to arrive again. */
  repeat(): void {
    const [next] = this.toClient;
    if (next && this.isConnected) this.socket?.say(next);
  }

  /** The next frame of the server arrives after the others that wait. */
  delay(): void {
    this.toClient.push(...this.toClient.splice(0, 1));
  }

  /** The next frames of the server are lost. */
  lose(count: number): void {
    this.toClient.splice(0, count);
  }

  /** The connection ends, and with it everything that is on the way. */
  cut(): void {
    this.toServer = [];
    this.toClient = [];
    if (this.socket && !this.socket.isClosed) this.socket.end(1006);
  }

  /** Lets time pass until the client connects, and accepts the connection. */
  async accept(): Promise<void> {
    if (this.isConnected) return;
    this.toClient = [];
    await this.api.runtime.untilReopened();
    this.toServer = [];
    await this.api.accept();
  }

  private send({ id, conversationId, clientMessageId, text }: Sent): void {
    const known = this.own(conversationId).find((each) => each.clientMessageId === clientMessageId);
    const { seq, messageCount, atMs } =
      (known && this.api.log(conversationId)[known.seq - 1]) ??
      this.api.append(conversationId, { senderId: ana.id, clientMessageId, text });
    const entry = this.api.log(conversationId)[seq - 1];
    if (entry && !known) this.tell({ type: 'entry', entry });
    this.tell({ type: 'ack', id, clientMessageId, conversationId, seq, messageCount, atMs });
  }

  private tell(frame: ServerFrame): void {
    if (this.isConnected) this.toClient.push(frame);
  }
}
