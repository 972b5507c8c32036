import * as z from 'zod/mini';
import { attachTab } from './attach.ts';
import { Engine } from './engine.ts';

/** Runs an engine in this tab, for browsers without shared workers. */
export function attachHere(): MessagePort {
  z.config({ jitless: true });
  const { port1, port2 } = new MessageChannel();
  attachTab(new Engine(location.origin), port1);
  return port2;
}
