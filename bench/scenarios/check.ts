import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkRecordingFile } from '../../packages/server/src/checker/check-recording.ts';
import type { NewLine } from '../../packages/server/src/checker/format.ts';
import { Recorder } from '../../packages/server/src/checker/recorder.ts';
import type { Outcome, Scenario } from '../scenario.ts';

const clients = 4;
/** The lines of one message: sent, acknowledged, and for each client delivered and shown. */
const linesPerMessage = 2 + 2 * clients;
const text = 'x'.repeat(200);

const id = (kind: string, number: number) => `0191d2f0-0000-7000-8000-${kind}${String(number).padStart(11, '0')}`;

export const checkScenario: Scenario = {
  name: 'check',
  summary: 'Lines a second and memory of "parley check", for a recording in which each message reaches four clients.',
  shapes: ['embedded'],
  options: {
    lines: { default: '1000000', help: 'lines of the recording' },
    conversations: { default: '100', help: 'conversations among which the messages are divided' },
  },
  quick: { lines: '20000' },
  async run(parameters): Promise<Outcome> {
    const lines = parameters.number('lines', 100, 100_000_000);
    const conversations = parameters.number('conversations', 1, 1_000_000);
    const folder = mkdtempSync(join(tmpdir(), 'parley-check-'));
    try {
      const file = join(folder, 'recording.jsonl');
      await write(file, Math.floor(lines / linesPerMessage), conversations);
      Bun.gc(true);
      const memoryBefore = process.memoryUsage.rss();
      const [startedMs, startedCpuMs] = [performance.now(), processMs()];
      const checked = await checkRecordingFile(file);
      const [tookMs, tookCpuMs] = [performance.now() - startedMs, processMs() - startedCpuMs];
      const memoryBytes = process.memoryUsage.rss() - memoryBefore;
      if (checked.violationCount > 0) throw new Error('the recording has violations');
      return {
        rows: [
          {
            ...{ lines: checked.lines, conversations: checked.conversations, 'file MB': statSync(file).size / 1e6 },
            ...{
              'lines a second': (checked.lines * 1_000) / tookMs,
              'processor µs a line': (tookCpuMs * 1_000) / checked.lines,
            },
            'memory MB': memoryBytes / 1e6,
          },
        ],
        ratios: {},
      };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

function processMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

async function write(file: string, messages: number, conversations: number): Promise<void> {
  const stream = createWriteStream(file);
  let timeMs = 0;
  let isFull = false;
  const recorder = new Recorder(
    (line) => {
      isFull = !stream.write(`${line}\n`);
    },
    () => ++timeMs,
  );
  for (let client = 0; client < clients; client++) {
    recorder.record({ type: 'client', client: `client ${client}`, userId: id('a', client) });
  }
  for (let message = 0; message < messages; message++) {
    const seq = 1 + Math.floor(message / conversations);
    for (const line of linesOf(id('c', message % conversations), seq, message)) recorder.record(line);
    if (isFull) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'finish');
}

function linesOf(conversationId: string, seq: number, message: number): NewLine[] {
  const sender = message % clients;
  const clientMessageId = `0191d2f0-${message}`;
  const numbers = { seq, messageCount: seq, atMs: message };
  const entry = {
    kind: 'message',
    conversationId,
    ...numbers,
    senderId: id('a', sender),
    clientMessageId,
    text,
  } as const;
  const op = String(message);
  const names = Array.from({ length: clients }, (_, client) => `client ${client}`);
  return [
    { type: 'send', client: `client ${sender}`, op, conversationId, clientMessageId, text },
    { type: 'ack', client: `client ${sender}`, op, ...numbers },
    ...names.map((client): NewLine => ({ type: 'entry', client, entry })),
    ...names.map((client): NewLine => ({ type: 'shown', client, entry })),
  ];
}
