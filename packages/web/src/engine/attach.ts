import type { Engine } from './engine.ts';
import { requestsOf } from './requests.ts';
import { TabPort } from './tab-port.ts';

/** Serves one more tab until it is closed. */
export function attachTab(engine: Engine, port: MessagePort): void {
  const tab: TabPort = new TabPort(
    port,
    (asking) => requestsOf(engine, asking),
    () => engine.detach(tab),
  );
  engine.attach(tab);
}
