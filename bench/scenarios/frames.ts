import { limits } from '@parley/protocol';
import { parseFrame } from '../../packages/server/src/messaging/frame-parsing.ts';
import type { Outcome, Row, Scenario } from '../scenario.ts';

const id = '0191d2f0-0000-7000-8000-000000000000';

const characters: Record<string, string> = {
  'ASCII letters': 'a',
  'two bytes each': 'é',
  'three bytes each': '语',
  'four bytes each': '😀',
  combining: '\u0301',
  'escaped quotes': '\\"',
  backslashes: '\\\\',
  'escaped letters': '\\u0061',
  'lone surrogates': '\\ud800',
  NUL: '\\u0000',
  brackets: '[{',
};
const send = (text: string) =>
  `{"type":"send","id":"1","conversationId":"${id}","clientMessageId":"1","text":"${text}"}`;
const fill = (part: string, used: number) =>
  part.repeat(Math.floor((limits.frameBytes - used) / Buffer.byteLength(part)));
const keys = (count: number) => {
  const value = '1'.repeat(Math.max(1, Math.floor(60_000 / count) - 8)).slice(0, 15);
  return `{"type":"ping",${Array.from({ length: count }, (_, n) => `"k${n}":${value}`).join()}}`;
};
const ids = (count: number, each: string) =>
  `{"type":"watch","id":"1","userIds":[${Array(count).fill(`"${each}"`).join()}]}`;

const frames: Record<string, string> = {
  ...Object.fromEntries(
    Object.entries(characters).map(([name, part]) => [`text of ${name}`, send(fill(part, send('').length))]),
  ),
  ...Object.fromEntries([1, 10, 100, 1_000, 5_000].map((count) => [`${count} unknown keys`, keys(count)])),
  'one key of 60,000 characters': `{"type":"ping","${'k'.repeat(60_000)}":1}`,
  '500 ids': ids(500, id),
  '1,500 invalid ids': ids(1_500, 'x'),
  'arrays in arrays': '['.repeat(60_000),
  '20,000 numbers': `[${'1,'.repeat(20_000)}1]`,
  'not JSON': 'x'.repeat(60_000),
};

export const framesScenario: Scenario = {
  name: 'frames',
  summary: 'The cost of accepting or refusing a frame of the maximum size, beside decoding its bytes.',
  shapes: ['embedded'],
  options: { rounds: { default: '200', help: 'times that each frame is parsed, of which the median counts' } },
  quick: { rounds: '50' },
  async run(parameters): Promise<Outcome> {
    const rounds = parameters.number('rounds', 1, 10_000);
    const rows = Object.entries(frames).map(([name, text]): Row => {
      const bytes = new TextEncoder().encode(text);
      const decoder = new TextDecoder();
      const readUs = medianUs(rounds, () => decoder.decode(bytes));
      const parsedUs = medianUs(rounds, () => parseFrame(text));
      return {
        ...{ frame: name, result: parseFrame(text).kind, bytes: bytes.length, 'decoded µs': readUs },
        ...{ 'parsed and validated µs': parsedUs, 'ns a byte': (parsedUs * 1_000) / bytes.length },
      };
    });
    return { rows, ratios: {} };
  },
};

/** The median of the durations of a call. */
function medianUs(rounds: number, call: () => unknown): number {
  const durations = Array.from({ length: rounds }, () => {
    const start = performance.now();
    call();
    return (performance.now() - start) * 1_000;
  });
  return durations.sort((a, b) => a - b)[rounds >> 1] ?? Number.NaN;
}
