import type { Socket } from '../../src/messaging/socket.ts';

/** A socket whose peer accepts everything and sends nothing. */
export class SilentSocket implements Socket {
  isPaused = false;
  closedWith: number | null = null;
  /** The frames that were sent. */
  readonly sent: string[] = [];
  /** Bytes that the peer has not read. */
  buffered = 0;
  send = (text: string) => {
    this.sent.push(text);
    return true;
  };
  cork = (send: () => void) => send();
  bufferedBytes = () => this.buffered;
  ping = () => undefined;
  terminate = () => undefined;
  subscribe = () => undefined;
  unsubscribe = () => undefined;
  pause = () => {
    this.isPaused = true;
  };
  resume = () => {
    this.isPaused = false;
  };
  close = (code: number) => {
    this.closedWith = code;
  };
}
