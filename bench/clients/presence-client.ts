// A client process of people who watch others, and of others who come and go.
import { Latencies } from '../measure/latencies.ts';
import { machineMs } from '../net/libc.ts';
import { clientFrame } from '../net/websocket.ts';
import { Connections } from './connections.ts';
import { Heartbeat } from './heartbeat.ts';
import { typeOf } from './wire.ts';
import { answerCalls } from './worker.ts';

export interface PresencePhase {
  port: number;
  /** The tokens of the watchers, and behind them those of the people whom they watch. */
  tokens: string[];
  watchers: number;
  /** The users whom each watcher watches, in the order of the tokens. */
  watched: string[];
  /** Times a second that one of them connects or disconnects. */
  rate: number;
  seconds: number;
}

const timeoutMs = 30_000;
const calls = { watch };
export type PresenceCalls = typeof calls;
answerCalls(calls);

/** Resolves when every watcher knows the last state of everybody. */
function watch({ port, tokens, watchers, watched, rate, seconds }: PresencePhase) {
  const latencies = new Latencies();
  const indexOf = new Map(watched.map((userId, index) => [userId, index]));
  const isOnline = watched.map(() => false);
  const changedAtMs = watched.map(() => 0);
  const seen = Array.from({ length: watchers }, () => watched.map(() => false));
  const faults: string[] = [];
  const watching = new Set<number>();
  let [frames, learned] = [0, 0];
  const connections = new Connections([port], {
    turn: () => heartbeat.turn(),
    opened: (person) => send(person, { type: 'hello', token: tokens[person] }),
    frame(person, bytes, start, end) {
      const type = typeOf(bytes, start, end);
      if (type === 'error') faults.push(`person ${person} received ${bytes.toString('utf8', start, end)}`);
      if (person >= watchers) return;
      if (type === 'welcome') send(person, { type: 'watch', id: 'watch', userIds: watched });
      else if (type === 'presence') learn(person, JSON.parse(bytes.toString('utf8', start, end)));
    },
    closed: (person, reason) => faults.push(`the connection of person ${person} ended: ${reason}`),
  });
  const heartbeat = new Heartbeat(connections, 0, tokens.length);
  const send = (person: number, frame: object) => connections.send(person, clientFrame(JSON.stringify(frame)));

  function learn(watcher: number, { id, users }: { id?: string; users: { userId: string; online: boolean }[] }): void {
    frames++;
    if (id !== undefined) watching.add(watcher);
    for (const { userId, online } of users) {
      const index = indexOf.get(userId) ?? -1;
      const known = seen[watcher] as boolean[];
      // A state that is over says nothing about the latency of the last change.
      if (id === undefined && online !== known[index] && online === isOnline[index]) {
        latencies.add(machineMs() - (changedAtMs[index] ?? 0));
        learned++;
      }
      known[index] = online;
    }
  }

  function change(count: number, dueMs: number): void {
    const index = count % watched.length;
    isOnline[index] = !isOnline[index];
    changedAtMs[index] = dueMs;
    if (isOnline[index]) connections.open(watchers + index);
    else connections.close(watchers + index);
  }

  function until(what: string, isDone: () => boolean): void {
    const endMs = machineMs() + timeoutMs;
    while (!isDone() && faults.length === 0) {
      if (machineMs() > endMs) faults.push(`${what} did not happen in time`);
      connections.turn(10);
    }
  }

  for (let person = 0; person < watchers; person++) connections.open(person);
  until('every watcher has a snapshot', () => watching.size === watchers);
  const startMs = machineMs();
  const changes = Math.round(rate * seconds);
  for (let count = 0; count < changes && faults.length === 0; ) {
    const dueMs = startMs + (count * 1_000) / rate;
    if (dueMs <= machineMs()) change(count++, dueMs);
    else connections.turn(Math.min(5, dueMs - machineMs()));
  }
  until('every watcher knows who is online', () =>
    seen.every((known) => known.every((online, index) => online === isOnline[index])),
  );
  for (let person = 0; person < tokens.length; person++) connections.close(person);
  return { faults: faults.slice(0, 10), changes, frames, learned, latencies: latencies.encode() };
}
