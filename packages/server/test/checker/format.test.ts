import { expect, test } from 'bun:test';
import { check, conversationId, HandMade, message, userIds } from './recording.ts';

const header = '{"type":"recording","version":1}';
const client = '{"type":"client","timeMs":1,"client":"ana","userId":"00000000-0000-4000-8000-00000000000a"}';
const send = (more: string) =>
  `{"type":"send","timeMs":2,"client":"ana","conversationId":"${conversationId}","clientMessageId":"a","text":"a"${more}}`;

const shown = (seq: number) =>
  JSON.stringify({ type: 'shown', timeMs: 2, client: 'ana', entry: message('ana', 'a', seq) });

/** Recordings that do not follow the format, and what the error says. */
const invalid: [what: string, lines: string[], says: RegExp][] = [
  ['no line', [], /^line 1: the recording is empty; its first line must have the type recording$/],
  ['a line that is no JSON', [header, '{"type":'], /^line 2: is not JSON \(.+\); each line must be one JSON object$/],
  ['an empty line', [header, ''], /^line 2: is not JSON/],
  ['a line that is an array', [header, '[]'], /^line 2: is not a JSON object; each line must be one$/],
  ['a line without a type', [header, '{}'], /^line 2: has no "type"; allowed: recording, client, send, /],
  [
    'an unknown type',
    [header, '{"type":"sent"}'],
    /^line 2: has the unknown type "sent"; allowed: recording, client, /,
  ],
  ['the name of a method as type', [header, '{"type":"toString"}'], /^line 2: has the unknown type "toString"/],
  ['a missing field', [header, client, send('')], /^line 3: is no valid send: \/op: .+ Fields of send: type, timeMs, /],
  [
    'an unknown field',
    [header, client, send(',"op":"1","seq":1')],
    /^line 3: is no valid send: \/seq: is not a field here/,
  ],
  ['another version', ['{"type":"recording","version":2}'], /^line 1: is no valid recording: \/version: /],
  ['no first line', [client], /^line 1: the first line must have the type recording$/],
  ['a second first line', [header, header], /^line 2: only the first line may have the type recording$/],
  ['an unknown client', [header, send(',"op":"1"')], /^line 2: the client ana has no line of type client before$/],
  ['a client twice', [header, client, client], /^line 3: the client ana is introduced twice$/],
  [
    'a time that goes back',
    [header, client, client.replace('1,', '0,')],
    /^line 3: timeMs 0 is below 1 of a line before/,
  ],
  [
    'an operation that is begun twice',
    [header, client, send(',"op":"1"'), send(',"op":"1"')],
    /^line 4: the operation 1 of ana is under way$/,
  ],
  [
    'a completion without an operation',
    [header, client, '{"type":"done","timeMs":2,"client":"ana","op":"1"}'],
    /^line 3: ana has no operation 1 under way$/,
  ],
  [
    'the completion of another operation',
    [header, client, send(',"op":"1"'), '{"type":"done","timeMs":2,"client":"ana","op":"1"}'],
    /^line 4: done can't complete send; it completes change_members, mark_read$/,
  ],
  [
    'an acknowledgement with a number that is too high',
    [
      ...[header, client, send(',"op":"1"')],
      '{"type":"ack","timeMs":2,"client":"ana","op":"1","seq":9007199254740991,"atMs":1,"messageCount":1}',
    ],
    /^line 4: the number 9007199254740991 of an entry is above 50000000$/,
  ],
  [
    'an entry with a number that is too high',
    [header, client, shown(9007199254740991)],
    /^line 3: the number 9007199254740991 of an entry is above 50000000$/,
  ],
];

for (const [what, lines, says] of invalid) {
  test(`${what} is refused with the number of the line, what is wrong and what is allowed`, async () => {
    const error = await check(lines).catch((thrown: Error) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect((error as Error).message).toMatch(says);
  });
}

test('revisions that are far apart do not make the check long', async () => {
  const pinned = { atMs: 5, byId: userIds.ana };
  const made = new HandMade().send('ana', 'one', 2).entry('ben', message('ana', 'one', 2));
  const amended = { type: 'amended', client: 'ben', conversationId, after: 0, revision: 9e15 } as const;
  made.add({ ...amended, entries: [message('ana', 'one', 2, { revision: 9e15, pinned })] });
  made.add({ ...amended, entries: [] });
  expect((await check(made.lines)).violations.map(({ rule }) => rule)).toEqual(['amendment-missed']);
});

test('a recording is counted', async () => {
  const { lines } = new HandMade().send('ana', 'one', 2);
  expect(await check(lines)).toEqual({ lines: 7, conversations: 1, violations: [], violationCount: 0 });
});
