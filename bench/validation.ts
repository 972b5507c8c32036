// The cost of refusing or accepting a frame of the maximum size, compared with decoding its bytes: by class of
// character and by number of keys.
//   npx bun bench/validation.ts
import { limits } from '@parley/protocol';
import { parseFrame } from '../packages/server/src/messaging/frame-parsing.ts';
import { machine } from './bench-server.ts';

const rounds = 200;
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
const keys = (count: number) =>
  `{"type":"ping",${Array.from({ length: count }, (_, n) => `"k${n}":${'1'.repeat(Math.max(1, Math.floor(60_000 / count) - 8)).slice(0, 15)}`).join()}}`;
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

console.log(machine());
const decoder = new TextDecoder();
for (const [name, text] of Object.entries(frames)) {
  const bytes = new TextEncoder().encode(text);
  const readUs = measured(() => decoder.decode(bytes));
  const parseUs = measured(() => parseFrame(text));
  const { kind } = parseFrame(text);
  const perByte = ((parseUs * 1_000) / bytes.length).toFixed(1);
  console.log(
    `${name.padEnd(32)} ${kind.padEnd(9)} ${String(bytes.length).padStart(6)} bytes: read ${readUs.toFixed(1)} µs, parsed and validated ${parseUs.toFixed(1)} µs, ${perByte} ns a byte`,
  );
}

/** Microseconds of one call, the median of many. */
function measured(call: () => unknown): number {
  const durations = Array.from({ length: rounds }, () => {
    const start = performance.now();
    call();
    return (performance.now() - start) * 1_000;
  });
  return durations.sort((a, b) => a - b)[rounds / 2] ?? 0;
}
