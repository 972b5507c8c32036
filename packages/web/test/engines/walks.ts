import { afterAll, beforeAll, test } from 'bun:test';
import { RunningServer } from '../../../server/test/support/running-server.ts';
import { describeWith } from '../support/browser.ts';
import { Network } from '../support/network.ts';
import { testTimeoutMs, within } from '../support/until.ts';
import { chromium } from './chromium.ts';
import type { RunningEngine } from './driven-page.ts';
import { firefox } from './firefox.ts';
import { Walker } from './walker.ts';
import { webkit } from './webkit.ts';

export interface Scene {
  ana: Walker;
  ben: Walker;
  network: Network;
}

/** Defines a test with two new people in a browser each. The first is behind the network. */
type DefineWalk = (title: string, body: (scene: Scene) => Promise<void>) => void;

/** Defines the same tests for each engine. `prepare` is called with the network before a page is opened. */
export function describeInEngines(
  what: string,
  tests: (walk: DefineWalk) => void,
  prepare: (network: Network) => void = () => undefined,
): void {
  for (const engine of [chromium, firefox, webkit]) {
    describeWith(engine.needs, `${what} in ${engine.name}`, () => {
      let running: RunningEngine;
      beforeAll(async () => {
        running = await engine.start();
      });
      afterAll(() => running.stop());
      tests((title, body) =>
        test(title, async () => {
          await using rest = new AsyncDisposableStack();
          const server = await RunningServer.start();
          rest.defer(() => server.stop());
          const network = new Network(Number(new URL(server.url).port));
          rest.defer(() => network.close());
          prepare(network);
          const arrive = async (name: string, url: string) => {
            const page = await running.browser();
            rest.defer(() => page.close());
            const walker = new Walker(name, page);
            await walker.signUp(url);
            return walker;
          };
          const ana = await arrive('Ana', network.url);
          const ben = await arrive('Ben', server.url);
          await within(`the test “${title}”`, testTimeoutMs, body({ ana, ben, network }));
        }),
      );
    });
  }
}
