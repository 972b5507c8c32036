import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { DraftBook } from '../src/composer/draft-book.ts';
import { movedPosition } from '../src/composer/selection.ts';

const key = 'draft';

interface Change {
  oldValue: string | null;
  newValue: string | null;
}

/**
 * Tabs of one browser in separate processes. Each sees its own writes at once, and those of the others when it gets
 * their events, in the order in which the browser received them.
 */
class Tabs {
  readonly books: DraftBook[];
  private readonly caches: (string | null)[];
  private readonly waiting: Change[][];
  stored: string | null = null;

  constructor(count: number) {
    this.caches = Array.from({ length: count }, () => null);
    this.waiting = Array.from({ length: count }, () => []);
    this.books = Array.from({ length: count }, (_, at) => this.open(at));
  }

  /** Delivers the oldest pending event to a tab. */
  tell(at: number): boolean {
    const change = this.waiting[at]?.shift();
    if (!change) return false;
    // A tab's own write that the browser has not received yet hides older ones of other tabs.
    this.caches[at] = this.waiting[at]?.length === 0 ? this.stored : change.newValue;
    this.books[at]?.received(key, change.oldValue, change.newValue);
    return true;
  }

  settle(): void {
    for (let round = 0; round < 1_000; round++) {
      if (!this.books.map((_, at) => this.tell(at)).some((wasTold) => wasTold)) return;
    }
    throw new Error('the tabs react to each other endlessly');
  }

  /** Closes a tab and opens a new one. */
  restart(at: number): void {
    this.caches[at] = this.stored;
    this.waiting[at]?.splice(0);
    this.books[at] = this.open(at, ' again');
  }

  texts(): string[] {
    return this.books.map((book) => book.textOf(key));
  }

  private open(at: number, suffix = ''): DraftBook {
    const set = (newValue: string | null) => {
      const oldValue = this.stored;
      this.caches[at] = newValue;
      this.stored = newValue;
      if (oldValue === newValue) return;
      for (const [other, list] of this.waiting.entries()) if (other !== at) list.push({ oldValue, newValue });
    };
    const storage = {
      getItem: () => this.caches[at] ?? null,
      setItem: (_: string, value: string) => set(value),
      removeItem: () => set(null),
    };
    return new DraftBook(storage, `tab ${at}${suffix}`, () => undefined);
  }
}

function twoTabs(): [Tabs, DraftBook, DraftBook] {
  const tabs = new Tabs(2);
  const [first, second] = tabs.books as [DraftBook, DraftBook];
  return [tabs, first, second];
}

describe('a draft in several tabs', () => {
  test('is the same in all tabs, whichever was typed in last', () => {
    const [tabs, first, second] = twoTabs();
    first.edit(key, 'a long draft');
    tabs.settle();
    second.edit(key, `${second.textOf(key)} x`);
    tabs.settle();
    first.edit(key, `${first.textOf(key)}, and y`);
    tabs.settle();
    expect(tabs.texts()).toEqual(['a long draft x, and y', 'a long draft x, and y']);
    first.edit(key, '');
    tabs.settle();
    expect(tabs.texts()).toEqual(['', '']);
    expect(tabs.stored).toBeNull();
  });

  test('that was edited in two tabs at the same time has both texts in both tabs', () => {
    const [tabs, first, second] = twoTabs();
    first.edit(key, 'a long draft');
    second.edit(key, 'x');
    tabs.settle();
    expect(tabs.texts()).toEqual(['a long draft\nx', 'a long draft\nx']);
  });

  test('that is sent is cleared in the other tabs, and stays cleared', () => {
    const [tabs, first] = twoTabs();
    first.edit(key, 'hello');
    tabs.settle();
    first.take(key, 'm1');
    tabs.settle();
    expect(tabs.texts()).toEqual(['', '']);
    first.kept(key, 'm1');
    tabs.settle();
    expect(tabs.texts()).toEqual(['', '']);
    expect(tabs.stored).toBeNull();
    tabs.restart(1);
    expect(tabs.texts()).toEqual(['', '']);
  });

  test('that is sent while another tab extends it keeps the added text alone', () => {
    const [tabs, first, second] = twoTabs();
    first.edit(key, 'hello');
    tabs.settle();
    first.take(key, 'm1');
    second.edit(key, 'hello and more');
    first.kept(key, 'm1');
    tabs.settle();
    expect(tabs.texts()).toEqual([' and more', ' and more']);
  });

  test('may start with the text of the last message', () => {
    const [tabs, first] = twoTabs();
    first.edit(key, 'ok');
    first.take(key, 'm1');
    first.kept(key, 'm1');
    tabs.settle();
    tabs.restart(1);
    for (const text of ['o', 'ok', 'ok?']) {
      tabs.books[1]?.edit(key, text);
      if (text !== 'o') tabs.settle();
    }
    expect(tabs.texts()).toEqual(['ok?', 'ok?']);
  });

  test('is put back before newer text when its message could not be stored', () => {
    const [tabs, first, second] = twoTabs();
    first.edit(key, 'hello');
    tabs.settle();
    first.take(key, 'm1');
    tabs.settle();
    second.edit(key, 'next');
    tabs.settle();
    first.giveBack(key, 'm1');
    tabs.settle();
    expect(tabs.texts()).toEqual(['hello\nnext', 'hello\nnext']);
  });

  test('that a tab took before it was closed is sent by the next tab under the same id', () => {
    const [tabs, first, second] = twoTabs();
    first.edit(key, 'hello');
    first.take(key, 'm1');
    tabs.restart(0);
    tabs.settle();
    expect(tabs.texts()).toEqual(['', '']);
    const [again] = tabs.books;
    expect(again?.unkept(key).map(({ text, clientMessageId }) => ({ text, clientMessageId }))).toEqual([
      { text: 'hello', clientMessageId: 'm1' },
    ]);
    again?.kept(key, 'm1');
    tabs.settle();
    expect(second.unkept(key)).toEqual([]);
    expect(tabs.stored).toBeNull();
  });

  test('that a tab sent in several messages before it was closed is sent by the next tab, without what was stored', () => {
    const [tabs, first, second] = twoTabs();
    for (const [at, text] of ['one', 'two', 'three', 'four'].entries()) {
      first.edit(key, text);
      first.take(key, `m${at}`);
    }
    first.kept(key, 'm2');
    first.kept(key, 'm0');
    tabs.restart(0);
    tabs.settle();
    const [again] = tabs.books;
    expect(again?.unkept(key).map(({ text, clientMessageId }) => [clientMessageId, text])).toEqual([
      ['m1', 'two'],
      ['m3', 'four'],
    ]);
    for (const id of ['m3', 'm1']) {
      expect(tabs.stored).not.toBeNull();
      again?.kept(key, id);
      tabs.settle();
    }
    expect(second.unkept(key)).toEqual([]);
    expect(tabs.stored).toBeNull();
  });

  test('is put back alone when another of its messages is not stored yet', () => {
    const [tabs, first] = twoTabs();
    for (const [at, text] of ['one', 'two'].entries()) {
      first.edit(key, text);
      first.take(key, `m${at}`);
    }
    first.giveBack(key, 'm1');
    expect(first.textOf(key)).toBe('two');
    expect(first.unkept(key).map(({ text }) => text)).toEqual(['one']);
    first.giveBack(key, 'm0');
    expect(first.unkept(key)).toEqual([]);
    tabs.settle();
    expect(tabs.texts()).toEqual(['one\ntwo', 'one\ntwo']);
  });

  test('does not change while an input method composes text, and has both texts afterwards', () => {
    const [tabs, first, second] = twoTabs();
    first.edit(key, 'に');
    tabs.settle();
    const release = first.hold(key);
    second.edit(key, 'に and more');
    tabs.settle();
    first.edit(key, 'にほ');
    expect(first.textOf(key)).toBe('にほ');
    first.edit(key, '日本');
    release();
    tabs.settle();
    expect(tabs.texts()).toEqual(['に and more\n日本', 'に and more\n日本']);
  });

  test('of a tab that missed events becomes the other tabs’ draft', () => {
    const [tabs, first, second] = twoTabs();
    first.edit(key, 'hello');
    tabs.settle();
    second.edit(key, 'hello there');
    const frozen = new DraftBook({ getItem: () => tabs.stored, setItem() {}, removeItem() {} }, 'x', () => undefined);
    expect(frozen.textOf(key)).toBe('hello there');
    second.take(key, 'm2');
    second.kept(key, 'm2');
    frozen.catchUp();
    expect(frozen.textOf(key)).toBe('');
  });

  test('is not lost and becomes the same in all tabs, in any order of typing, sending, storing and events', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('type' as const), at: fc.nat(2) }),
      fc.record({ kind: fc.constant('tell' as const), at: fc.nat(2) }),
      fc.record({ kind: fc.constant('send' as const), at: fc.nat(2) }),
      fc.record({ kind: fc.constant('store' as const), at: fc.nat(2) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const tabs = new Tabs(3);
        const typed: string[] = [];
        const stored: string[] = [];
        const waiting: { id: string; text: string }[][] = [[], [], []];
        let sent = 0;
        for (const { kind, at } of steps) {
          const book = tabs.books[at];
          if (!book) continue;
          if (kind === 'tell') {
            tabs.tell(at);
          } else if (kind === 'type') {
            const word = `<${typed.length}>`;
            typed.push(word);
            book.edit(key, book.textOf(key) + word);
          } else if (kind === 'store') {
            const message = waiting[at]?.shift();
            if (!message) continue;
            stored.push(message.text);
            book.kept(key, message.id);
          } else if (book.textOf(key) !== '') {
            const id = `m${sent++}`;
            waiting[at]?.push({ id, text: book.textOf(key) });
            book.take(key, id);
          }
        }
        tabs.settle();
        const texts = tabs.texts();
        expect(new Set(texts).size).toBe(1);
        for (const book of tabs.books) {
          // A text that is not stored yet is sent by the tab that opens the conversation next.
          const unsent = book.unkept(key);
          expect(unsent.map(({ clientMessageId }) => clientMessageId).sort()).toEqual(
            waiting.flatMap((list) => list.map(({ id }) => id)).sort(),
          );
          const found = [...stored, ...unsent.map(({ text }) => text), ...texts].join(' ');
          for (const word of typed) expect(found).toContain(word);
        }
      }),
      { numRuns: 3_000 },
    );
  });
});

test('a caret stays in place in the text when another tab inserts text before or after it', () => {
  expect(movedPosition(5, 'hello', 'hello there')).toBe(5);
  expect(movedPosition(2, 'hello', 'oh, hello')).toBe(6);
  expect(movedPosition(5, 'hello', 'hel')).toBe(3);
  expect(movedPosition(3, 'hello', '')).toBe(0);
  expect(movedPosition(0, '', 'hello')).toBe(0);
});
