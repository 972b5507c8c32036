import { describe, expect, test } from 'bun:test';
import { common, createLowlight } from 'lowlight';
import { codePieces, type HighlightNode } from '../src/highlighting/code-pieces.ts';
import {
  type CodeWorker,
  type HighlightAnswer,
  Highlighter,
  type HighlightRequest,
} from '../src/highlighting/highlighter.ts';

class WorkerByHand implements CodeWorker {
  onmessage: CodeWorker['onmessage'] = null;
  onerror: CodeWorker['onerror'] = null;
  readonly requests: HighlightRequest[] = [];
  isStopped = false;

  postMessage(request: HighlightRequest): void {
    this.requests.push(request);
  }

  terminate(): void {
    this.isStopped = true;
  }

  say(answer: HighlightAnswer): void {
    this.onmessage?.({ data: answer });
  }
}

function setUp() {
  const workers: WorkerByHand[] = [];
  const timers = new Set<() => void>();
  const highlighter = new Highlighter(
    () => {
      const worker = new WorkerByHand();
      workers.push(worker);
      return worker;
    },
    (_, call) => {
      timers.add(call);
      return () => timers.delete(call);
    },
  );
  const last = () => workers.at(-1) as WorkerByHand;
  const letTimePass = () => {
    for (const call of [...timers]) call();
  };
  return { highlighter, workers, timers, last, letTimePass };
}

const request = (text: string) => ({ text, language: 'js' });
const pieces = (text: string) => [{ text, colour: 'keyword' as const }];

describe('highlighting', () => {
  test('starts no worker before there is code, and one for all code', async () => {
    const { highlighter, workers, last } = setUp();
    expect(workers.length).toBe(0);
    const both = [highlighter.highlight(request('a')), highlighter.highlight(request('b'))];
    expect(last().requests).toEqual([request('a')]);
    last().say('loaded');
    last().say(pieces('a'));
    last().say(pieces('b'));
    await Promise.all(both);
    expect(workers.length).toBe(1);
    expect(highlighter.known(request('a'))).toEqual(pieces('a'));
    expect(highlighter.known(request('b'))).toEqual(pieces('b'));
    expect(highlighter.known(request('c'))).toBeUndefined();
  });

  test('sends the same code once', async () => {
    const { highlighter, last } = setUp();
    const both = [highlighter.highlight(request('a')), highlighter.highlight(request('a'))];
    last().say('loaded');
    last().say(pieces('a'));
    await Promise.all(both);
    expect(last().requests.length).toBe(1);
  });

  test('stops a worker that does not answer, gives up that code, and goes on with another worker', async () => {
    const { highlighter, workers, last, letTimePass, timers } = setUp();
    const slow = highlighter.highlight(request('slow'));
    const next = highlighter.highlight(request('next'));
    // The time of loading the script does not count.
    letTimePass();
    expect(last().isStopped).toBe(false);
    last().say('loaded');
    letTimePass();
    await slow;
    expect(workers.map(({ isStopped }) => isStopped)).toEqual([true, false]);
    expect(highlighter.known(request('slow'))).toBeNull();
    last().say('loaded');
    last().say(pieces('next'));
    await next;
    expect(highlighter.known(request('next'))).toEqual(pieces('next'));
    expect(timers.size).toBe(0);
  });

  test('tries again later if the script can’t be loaded', async () => {
    const { highlighter, workers, last } = setUp();
    const first = highlighter.highlight(request('a'));
    last().onerror?.(new Event('error'));
    await first;
    expect(highlighter.known(request('a'))).toBeUndefined();
    const second = highlighter.highlight(request('a'));
    last().say('loaded');
    last().say(null);
    await second;
    expect(workers.length).toBe(2);
    expect(highlighter.known(request('a'))).toBeNull();
  });

  test('keeps the pieces of the last 200 texts', async () => {
    const { highlighter, last } = setUp();
    for (let count = 0; count < 201; count++) {
      const done = highlighter.highlight(request(`${count}`));
      if (count === 0) last().say('loaded');
      last().say(pieces(`${count}`));
      await done;
    }
    expect(highlighter.known(request('0'))).toBeUndefined();
    expect(highlighter.known(request('1'))).toEqual(pieces('1'));
  });
});

describe('the pieces of code', () => {
  const lowlight = createLowlight(common);
  const of = (language: string, text: string) =>
    codePieces(lowlight.highlight(language, text).children as HighlightNode[]);

  test.each([
    ['typescript', "// why\nconst a: string = 'x' + 1;", ['comment', 'keyword', 'name', 'string', 'value']],
    ['python', 'def f():\n    return """a""" # b', ['keyword', 'name', 'string', 'comment']],
    ['rust', 'fn main() { let x: u8 = 1; }', ['keyword', 'name', 'value']],
    ['go', 'package main\nfunc main() { return "a" }', ['keyword', 'name', 'string']],
    ['java', '@A class B { int c = 1; }', ['keyword', 'name', 'value']],
    ['bash', 'echo "$HOME" # home', ['name', 'value', 'string', 'comment']],
    ['sql', "SELECT 1 FROM t WHERE a = 'b'", ['keyword', 'value', 'string']],
    ['json', '{"a": 1, "b": "c"}', ['name', 'value', 'string']],
    ['yaml', 'a: 1 # b', ['name', 'value', 'comment']],
    ['xml', '<a b="c"/>', ['name', 'string']],
    ['css', 'a { color: #fff; }', ['keyword', 'name', 'value']],
    ['diff', '-a\n+b', ['removed', 'string']],
  ] as const)('in %s have colours', (language, text, colours) => {
    const found = of(language, text);
    expect(found.map((piece) => piece.text).join('')).toBe(text);
    expect(new Set(found.flatMap(({ colour }) => (colour === null ? [] : [colour])))).toEqual(new Set(colours));
  });

  test('are the text, whatever it is', () => {
    for (const text of ['<script>alert(1)</script>', '&lt;&amp;', 'a\r\nb', '"unclosed', '\u202e`$x`', ''])
      for (const language of ['js', 'html', 'markdown', 'php', 'c++', 'sh'])
        expect(
          of(language, text)
            .map((piece) => piece.text)
            .join(''),
        ).toBe(text);
  });

  test('are at most 3,000: the rest has no colours', () => {
    const text = '1,'.repeat(5_000);
    const found = of('js', text);
    expect(found.length).toBe(3_000);
    expect(found.map((piece) => piece.text).join('')).toBe(text);
    expect(found.at(-1)?.colour).toBeNull();
  });
});
