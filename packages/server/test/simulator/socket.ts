import type { ClientSocket } from '@parley/sdk';
import type { Kernel } from './kernel.ts';
import type { ServerEnd, SimulatedListener } from './listener.ts';
import type { Channel, Network } from './network.ts';
import type { Owner } from './owner.ts';

/** The codes with which a connection ends without a close frame, and by the client. */
const abnormalCode = 1006;
const normalCode = 1000;

type ClientHandler = ((event: never) => void) | null;

/** One WebSocket between a client and a process. */
export class SimulatedConnection {
  private readonly up: Channel = { lastDueMs: 0 };
  private readonly down: Channel = { lastDueMs: 0 };
  private listener: SimulatedListener | null = null;
  private end: ServerEnd | null = null;
  readonly client: ClientEnd;

  constructor(
    private readonly ports: { kernel: Kernel; network: Network },
    private readonly owner: Owner,
  ) {
    this.client = new ClientEnd(this);
  }

  /** The process to which it is connected, or is being connected; null if there is none. */
  get process() {
    return this.listener?.process ?? null;
  }

  /** Opens the connection to this process, or refuses it when there is none. */
  open(listener: SimulatedListener | null, url: string, subprotocol: string): void {
    this.listener = listener;
    if (!listener) {
      this.ports.kernel.at(1, this.owner, 'connection refused', () => this.client.ended(abnormalCode, ''));
      return;
    }
    this.toServer('open', () => {
      this.end = listener.isOpen ? listener.open(this, url, subprotocol) : null;
      if (this.end) this.toClientEnd('opened', () => this.client.opened());
      else this.toClientEnd('refused', () => this.client.ended(abnormalCode, ''));
    });
  }

  sentByClient(text: string): void {
    this.toServer(text, () => this.deliverToServer(text));
  }

  deliverToServer(text: string): void {
    if (this.end?.admits(text)) this.listener?.received(this.end, text);
  }

  closedByClient(): void {
    this.toServer('close', () => this.serverEnded(normalCode));
  }

  toClient(text: string): void {
    this.sentByServer(text, () => this.client.received(text));
  }

  pingClient(): void {
    this.sentByServer('ping', () => {
      this.toServer('pong', () => {
        if (this.end) this.listener?.ponged(this.end);
      });
    });
  }

  closedByServer(code: number, reason: string): void {
    this.sentByServer(`close ${code}`, () => {
      this.client.ended(code, reason);
      this.toServer('closed', () => this.serverEnded(code));
    });
  }

  terminatedByServer(): void {
    const { process } = this;
    if (!process || !this.end) return;
    this.sentByServer('terminated', () => this.client.ended(abnormalCode, ''));
    this.ports.kernel.at(0, process, 'terminated', () => this.serverEnded(abnormalCode));
  }

  /** The network resets the connection: both ends learn so. */
  cut(): void {
    const { process } = this;
    this.ports.kernel.at(0, this.owner, 'connection reset', () => this.client.ended(abnormalCode, ''));
    if (process) this.ports.kernel.at(0, process, 'connection reset', () => this.serverEnded(abnormalCode));
  }

  /** The process is gone: the operating system resets the connection. */
  processDied(): void {
    this.end = null;
    this.toClientEnd('connection reset', () => this.client.ended(abnormalCode, ''));
  }

  private serverEnded(code: number): void {
    const { end } = this;
    this.end = null;
    if (end) this.listener?.closed(end, code, '');
  }

  /** A dead process sends nothing, whatever the rest of its turn does. */
  private sentByServer(label: string, run: () => void): void {
    if (this.process?.state !== 'dead') this.toClientEnd(label, run);
  }

  private toServer(label: string, run: () => void): void {
    const { process } = this;
    if (!process) return;
    this.ports.network.send({ from: this.owner.name, to: process.machine.name }, process, label, run, this.up);
  }

  private toClientEnd(label: string, run: () => void): void {
    const { process } = this;
    if (!process) return;
    this.ports.network.send({ from: process.machine.name, to: this.owner.name }, this.owner, label, run, this.down);
  }
}

/** The client's end, in the form of a browser's socket. */
class ClientEnd implements ClientSocket {
  readonly OPEN = 1;
  readyState = 0;
  onopen: ClientHandler = null;
  onmessage: ClientHandler = null;
  onerror: ClientHandler = null;
  onclose: ClientHandler = null;

  constructor(private readonly connection: SimulatedConnection) {}

  send(text: string): void {
    if (this.readyState !== this.OPEN) throw new Error('the socket is not open');
    this.connection.sentByClient(text);
  }

  close(): void {
    if (this.readyState === closed) return;
    this.readyState = closed;
    this.connection.closedByClient();
  }

  opened(): void {
    if (this.readyState === closed) return;
    this.readyState = this.OPEN;
    // The SDK's handlers take no more of the event than is passed here and below.
    this.onopen?.({} as never);
  }

  received(text: string): void {
    if (this.readyState === this.OPEN) this.onmessage?.({ data: text } as never);
  }

  ended(code: number, reason: string): void {
    if (this.readyState === closed) return;
    this.readyState = closed;
    this.onclose?.({ code, reason } as never);
  }
}

const closed = 3;
