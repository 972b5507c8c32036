import { beforeEach, expect, test } from 'bun:test';
import { Engine } from '../src/engine/engine.ts';
import type { News } from '../src/engine/messages.ts';
import type { TabPort } from '../src/engine/tab-port.ts';
import { until } from './support/until.ts';

/** The part of a tab that an engine uses. */
class FakeTab {
  readonly told: News['kind'][] = [];
  isOpen = false;

  tellNow({ kind }: News): void {
    this.told.push(kind);
  }

  tell({ kind }: News): void {
    this.told.push(kind);
  }

  open(): void {
    this.isOpen = true;
  }
}

let engine: Engine;
let takenOver: number;
beforeEach(() => {
  engine = new Engine('http://127.0.0.1:1');
  takenOver = 0;
  Object.assign(engine.client, { takeOverOutbox: async () => takenOver++ });
});

function attach(): FakeTab {
  const tab = new FakeTab();
  engine.attach(tab as unknown as TabPort);
  return tab;
}

const opened = (tab: FakeTab) => until('the tab to be open', () => tab.isOpen, Boolean);

test('messages that another version of the page left unsent are taken over when a tab attaches', async () => {
  await opened(attach());
  const before = takenOver;
  await opened(attach());
  expect(takenOver).toBe(before + 1);
});

test('a tab that is closed while the engine starts is not attached', async () => {
  const closed = attach();
  const open = attach();
  engine.detach(closed as unknown as TabPort);
  await opened(open);
  expect([closed.told, closed.isOpen]).toEqual([['otherVersion'], false]);
});
