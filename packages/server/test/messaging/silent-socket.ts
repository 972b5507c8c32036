import type { Socket } from '../../src/messaging/socket.ts';

/** A socket whose peer accepts everything and sends nothing. */
export class SilentSocket implements Socket {
  isPaused = false;
  closedWith: number | null = null;
  send = () => true;
  cork = (send: () => void) => send();
  bufferedBytes = () => 0;
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
