import * as z from 'zod/mini';
import { attachTab } from './attach.ts';
import { Engine } from './engine.ts';

// zod would otherwise try to compile validators, which the content security policy forbids.
z.config({ jitless: true });

const engine = new Engine(location.origin);

addEventListener('connect', (event) => {
  const [port] = (event as MessageEvent).ports;
  if (port) attachTab(engine, port);
});
