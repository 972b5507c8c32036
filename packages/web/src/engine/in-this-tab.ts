import * as z from 'zod/mini';
import { Engine } from './engine.ts';

/** Runs an engine in this tab, for browsers without shared workers. */
export function attachHere(): MessagePort {
  z.config({ jitless: true });
  const { port1, port2 } = new MessageChannel();
  new Engine(location.origin).attach(port1);
  return port2;
}
