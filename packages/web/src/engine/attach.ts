import type { Engine } from './engine.ts';
import { requestsOf } from './requests.ts';
import { TabPort } from './tab-port.ts';

/** Connects a tab to the engine until the tab is closed. */
export function attachTab(engine: Engine, port: MessagePort): void {
  const tab: TabPort = new TabPort(
    port,
    (asking) => requestsOf(engine, asking),
    () => engine.detach(tab),
  );
  engine.attach(tab);
}
