// A client process: holds the connections of some of the people, sends what they send, and checks what they receive.
// `ClientProcesses` starts it and calls it.
import { machineMs } from '../net/libc.ts';
import { clientFrame } from '../net/websocket.ts';
import { Activity, type ActivityPlan } from './activity.ts';
import { Connections } from './connections.ts';
import { FanOutLoad, type FanOutPhase } from './fan-out-load.ts';
import { Heartbeat } from './heartbeat.ts';
import type { Load } from './load.ts';
import { SendLoad, type SendPhase } from './send-load.ts';
import { type PlannedConversation, Tally } from './tally.ts';
import { ackFields, entryFields, typeOf } from './wire.ts';
import { answerCalls } from './worker.ts';

export interface OpenOptions {
  ports: readonly number[];
  /** The index of the first person. */
  from: number;
  tokens: string[];
}

const openTimeoutMs = 180_000;
const openingMax = 100;

let connections: Connections | null = null;
let heartbeat: Heartbeat | null = null;
let tokens: string[] = [];
let firstPerson = 0;
let conversations: PlannedConversation[] = [];
let tally = new Tally([], () => false);
let load: Load | null = null;
let prepared: SendLoad | null = null;
const welcomed = new Set<number>();
/** Frames other than those of messages, by type. */
let received = noFrames();
/** Sent and received before the phase. */
let bytesBefore = { received: 0, sent: 0 };
let isClosing = false;

const calls = {
  /** Opens a connection for each person; returns when all of them have their `welcome`. */
  open(options: OpenOptions): void {
    tokens = options.tokens;
    firstPerson = options.from;
    connections = new Connections(options.ports, events);
    heartbeat = new Heartbeat(connections, firstPerson, tokens.length);
    const endMs = machineMs() + openTimeoutMs;
    for (let opened = 0; welcomed.size < tokens.length; ) {
      if (machineMs() > endMs) throw new Error(`${welcomed.size} of ${tokens.length} people were connected in time`);
      while (opened < tokens.length && opened - welcomed.size < openingMax) connections.open(firstPerson + opened++);
      connections.turn(10);
    }
  },
  plan(planned: PlannedConversation[]): void {
    conversations = planned;
    tally = new Tally(planned, owns);
  },
  /** Counts what belongs to the phase from now on. */
  prepare({ phase, activity }: { phase: SendPhase; activity: ActivityPlan | null }): void {
    received = noFrames();
    bytesBefore = { ...open().bytes };
    const own = activity && {
      ...activity,
      visitors: activity.visitors.filter(owns),
      watching: activity.watching.filter(owns),
    };
    const others = own && new Activity(own, conversations, open(), tally);
    prepared = new SendLoad(phase, conversations, open(), tally, others);
    load = prepared;
  },
  /** Sends what was prepared, from a time of the machine's monotonic clock on, in milliseconds. */
  send(startAtMs: number): void {
    if (!prepared) throw new Error('no phase is prepared');
    prepared.runFrom(startAtMs);
  },
  fanOut(phase: FanOutPhase): void {
    const planned = conversations[phase.conversation];
    if (!planned) throw new Error(`there is no conversation ${phase.conversation}`);
    const fanOut = new FanOutLoad(phase, planned, open(), tally);
    load = fanOut;
    fanOut.run();
  },
  /** The counts so far. Entries can arrive after the last ack. */
  collect() {
    open().turn(0);
    const { received: receivedBytes, sent } = open().bytes;
    const bytes = { received: receivedBytes - bytesBefore.received, sent: sent - bytesBefore.sent };
    return { tally: tally.report(), received, bytes, latencies: load?.latencies() ?? null };
  },
  /** How many connections are open. */
  connected(): number {
    return tokens.filter((_, index) => open().isOpen(firstPerson + index)).length;
  },
  close(): void {
    isClosing = true;
    for (let person = firstPerson; person < firstPerson + tokens.length; person++) open().close(person);
  },
};
export type ClientCalls = typeof calls;

const events = {
  turn(): void {
    heartbeat?.turn();
  },
  opened(index: number): void {
    open().send(index, clientFrame(JSON.stringify({ type: 'hello', token: tokens[index - firstPerson] })));
  },
  frame(index: number, bytes: Buffer, start: number, end: number): void {
    const type = typeOf(bytes, start, end);
    if (type === 'entry') {
      const { seq, conversationKey, message } = entryFields(bytes, start, end);
      const isOfPhase = message !== null && message.phase === load?.phase;
      tally.entry(index, conversationKey, seq, isOfPhase ? message.number : null);
      if (isOfPhase && load?.senderOf(message.number) !== index) load?.delivered(message.number);
    } else if (type === 'ack') {
      const { seq, message } = ackFields(bytes, start, end);
      if (message) load?.acknowledged(message, seq);
    } else if (type === 'error') failure(index, bytes.toString('utf8', start, end));
    else if (type === 'welcome') welcomed.add(index);
    else received[type]++;
  },
  closed(index: number, reason: string): void {
    if (!isClosing) tally.fault(`the connection of person ${index} ended: ${reason}`);
  },
};

/** `overloaded` is an answer that the benchmarks count for messages, and accept for signals, which have no id. */
function failure(index: number, text: string): void {
  const { code, id } = JSON.parse(text) as { code: string; id?: string };
  if (code !== 'overloaded') tally.fault(`person ${index} received ${text}`);
  else if (id !== undefined) tally.refuse(Number(id.split('-')[1]));
}

function noFrames() {
  return { presence: 0, typing: 0, read: 0, other: 0 };
}

function owns(person: number): boolean {
  return person >= firstPerson && person < firstPerson + tokens.length;
}

function open(): Connections {
  if (!connections) throw new Error('the connections are not open');
  return connections;
}

answerCalls(calls);
// Between calls, pings of the server are answered.
setInterval(() => connections?.turn(0), 20);
