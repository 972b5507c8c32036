// A client process of the members of a channel: the first sends messages, and all react to one message.
import { limits } from '@parley/protocol';
import { Latencies } from '../measure/latencies.ts';
import { machineMs } from '../net/libc.ts';
import { clientFrame } from '../net/websocket.ts';
import { Connections } from './connections.ts';
import { Heartbeat } from './heartbeat.ts';
import { MessageFrame } from './message-frame.ts';
import { ackFields, entryFields, typeOf } from './wire.ts';
import { answerCalls } from './worker.ts';

interface Members {
  port: number;
  tokens: string[];
  conversationId: string;
  /** The message to react to. */
  seq: number;
}

interface ReactionPhase {
  /** From 1; each phase has its own. */
  phase: number;
  /** Messages and reactions a second. */
  sendRate: number;
  reactionRate: number;
  seconds: number;
  textBytes: number;
}

const openTimeoutMs = 180_000;
const settleTimeoutMs = 60_000;
const openingMax = 100;
/** As many different ones as a message can have. */
const emoji = Array.from({ length: limits.reactionsPerMessage }, (_, index) => String.fromCodePoint(0x1f600 + index));

/** The counts of one phase. */
class PhaseCounts {
  readonly acks = new Latencies();
  readonly deliveries = new Latencies();
  readonly sentAtMs: number[] = [];
  acknowledged = 0;
  refused = 0;
  readonly reactions = { sent: 0, acknowledged: 0, refused: 0 };
  readonly frames: number[];
  lastFrameMs = 0;

  constructor(
    readonly spec: ReactionPhase,
    people: number,
    readonly startMs: number,
  ) {
    this.frames = new Array(people).fill(0);
  }

  isComplete(people: number): boolean {
    const { sent, acknowledged, refused } = this.reactions;
    return (
      acknowledged + refused === sent &&
      this.acknowledged + this.refused === this.sentAtMs.length &&
      this.deliveries.count === this.acknowledged * (people - 1)
    );
  }
}

/** The connections of all members. */
class MemberConnections {
  private readonly connections: Connections;
  private readonly heartbeat: Heartbeat;
  private readonly ready = new Set<number>();
  private readonly faults: string[] = [];
  /** The reactions that the server has, as "person emoji". */
  private readonly reacted = new Set<string>();
  private reactionsSent = 0;
  private highestRevision = 0;
  /** The last frame `amended` of each person. */
  private readonly lastAmended: string[] = [];
  private counts = new PhaseCounts({ phase: 0, sendRate: 0, reactionRate: 0, seconds: 0, textBytes: 1 }, 0, 0);

  constructor(private readonly members: Members) {
    this.connections = new Connections([members.port], {
      turn: () => this.heartbeat.turn(),
      opened: (person) => this.send(person, { type: 'hello', token: members.tokens[person] }),
      frame: (person, bytes, start, end) => this.take(person, bytes, start, end),
      closed: (person, reason) => this.faults.push(`the connection of person ${person} ended: ${reason}`),
    });
    this.heartbeat = new Heartbeat(this.connections, 0, this.people);
    let opened = 0;
    this.until('everybody is connected', openTimeoutMs, () => {
      while (opened < this.people && opened - this.ready.size < openingMax) this.connections.open(opened++);
      return this.ready.size === this.people;
    });
  }

  /** Sends at the rates of the phase, and waits until everything has arrived. */
  run(spec: ReactionPhase) {
    const { phase, seconds, sendRate, reactionRate, textBytes } = spec;
    const counts = new PhaseCounts(spec, this.people, machineMs());
    this.counts = counts;
    const message = new MessageFrame(phase, textBytes);
    const id = Buffer.from(this.members.conversationId);
    const due = (rate: number, nowMs: number) =>
      Math.floor((rate * Math.min(seconds * 1_000, nowMs - counts.startMs)) / 1_000);
    this.until('the phase is sent', seconds * 1_000 + settleTimeoutMs, () => {
      const nowMs = machineMs();
      while (counts.sentAtMs.length < due(sendRate, nowMs)) {
        this.connections.send(0, message.of(id, counts.sentAtMs.length));
        counts.sentAtMs.push(machineMs());
      }
      for (let sent = 0; counts.reactions.sent < due(reactionRate, nowMs) && sent < openingMax; sent++) this.react();
      return nowMs >= counts.startMs + seconds * 1_000 && counts.reactions.sent >= due(reactionRate, nowMs);
    });
    this.until('every message and reaction is answered, and every message delivered', settleTimeoutMs, () =>
      counts.isComplete(this.people),
    );
    this.until('everybody has the last reactions', settleTimeoutMs, () => this.haveLastReactions());
    this.checkFrames(counts);
    return {
      ...{
        faults: this.faults.slice(0, 10),
        messages: counts.acknowledged,
        refused: counts.refused,
        reactions: counts.reactions,
      },
      ...{ acks: counts.acks.encode(), deliveries: counts.deliveries.encode() },
      ...{ framesMax: Math.max(...counts.frames), seconds: (machineMs() - counts.startMs) / 1_000 },
    };
  }

  close(): void {
    for (let person = 0; person < this.people; person++) this.connections.close(person);
  }

  private get people(): number {
    return this.members.tokens.length;
  }

  /** Each person sets one emoji after the other, then removes them in the same order, and so on. */
  private reactionOf(number: number) {
    const [person, at] = [number % this.people, Math.floor(number / this.people)];
    const set = Math.floor(at / emoji.length) % 2 === 0;
    return { person, emoji: emoji[at % emoji.length] as string, set };
  }

  private react(): void {
    const { person, emoji: chosen, set } = this.reactionOf(this.reactionsSent);
    const id = String(this.reactionsSent++);
    const { conversationId, seq } = this.members;
    const change = { kind: 'react', emoji: chosen, set };
    this.send(person, { type: 'amend', id, conversationId, seq, amendmentId: `r${id}`, change });
    this.counts.reactions.sent++;
  }

  private take(person: number, bytes: Buffer, start: number, end: number): void {
    const type = typeOf(bytes, start, end);
    if (type === 'entry') this.delivered(person, bytes, start, end);
    else if (type === 'ack') this.acknowledged(bytes, start, end);
    else if (type === 'welcome') {
      this.send(person, { type: 'features', features: ['amendments'] });
      this.send(person, { type: 'ping', id: 'ready' });
    } else if (type === 'error' || type === 'other') this.takeOther(person, bytes.toString('utf8', start, end));
  }

  private takeOther(person: number, text: string): void {
    if (text.startsWith('{"type":"amended"')) {
      this.lastAmended[person] = text;
      this.counts.frames[person] = (this.counts.frames[person] ?? 0) + 1;
      this.counts.lastFrameMs = machineMs();
      return;
    }
    const { type, id, code, revision } = JSON.parse(text);
    if (type === 'pong') this.ready.add(person);
    else if (type === 'amend_ack') this.reactionAcknowledged(Number(id), revision);
    else if (type !== 'error') return;
    else if (code !== 'overloaded') this.faults.push(`person ${person} received ${text}`);
    // The ids of messages are those of `messageText`.
    else if (id.includes('-')) this.counts.refused++;
    else this.counts.reactions.refused++;
  }

  private reactionAcknowledged(number: number, revision: number): void {
    const { person, emoji: chosen, set } = this.reactionOf(number);
    if (set) this.reacted.add(`${person} ${chosen}`);
    else this.reacted.delete(`${person} ${chosen}`);
    this.highestRevision = Math.max(this.highestRevision, revision);
    this.counts.reactions.acknowledged++;
  }

  private acknowledged(bytes: Buffer, start: number, end: number): void {
    const { message } = ackFields(bytes, start, end);
    if (message?.phase !== this.counts.spec.phase) return;
    this.counts.acknowledged++;
    this.counts.acks.add(machineMs() - (this.counts.sentAtMs[message.number] ?? 0));
  }

  private delivered(person: number, bytes: Buffer, start: number, end: number): void {
    const { message } = entryFields(bytes, start, end);
    if (person === 0 || message?.phase !== this.counts.spec.phase) return;
    this.counts.deliveries.add(machineMs() - (this.counts.sentAtMs[message.number] ?? 0));
  }

  private haveLastReactions(): boolean {
    if (this.highestRevision === 0) return true;
    const expected = JSON.stringify(this.expectedCounts());
    const seen = new Map<string, boolean>();
    for (let person = 0; person < this.people; person++) {
      const text = this.lastAmended[person] ?? '';
      if (!seen.has(text)) seen.set(text, JSON.stringify(countsOf(text, this.highestRevision)) === expected);
      if (!seen.get(text)) return false;
    }
    return true;
  }

  private expectedCounts(): [string, number][] {
    const counts = new Map<string, number>();
    for (const each of this.reacted) {
      const chosen = each.split(' ')[1] ?? '';
      counts.set(chosen, (counts.get(chosen) ?? 0) + 1);
    }
    return [...counts].sort();
  }

  private checkFrames({ frames, startMs, lastFrameMs }: PhaseCounts): void {
    const max = 1 + Math.ceil((lastFrameMs - startMs) / limits.amendedIntervalMs);
    const many = frames.find((count) => count > Math.max(max, 1));
    if (many !== undefined) this.faults.push(`a connection received ${many} frames with amendments, more than ${max}`);
  }

  private until(what: string, timeoutMs: number, isDone: () => boolean): void {
    const endMs = machineMs() + timeoutMs;
    while (this.faults.length === 0 && !isDone()) {
      if (machineMs() > endMs) this.faults.push(`it did not happen in time: ${what}`);
      this.connections.turn(1);
    }
  }

  private send(person: number, frame: object): void {
    this.connections.send(person, clientFrame(JSON.stringify(frame)));
  }
}

/** The counts in a frame `amended`; null if it is of an earlier revision. */
function countsOf(text: string, revision: number): [string, number][] | null {
  if (text === '') return null;
  const frame = JSON.parse(text);
  if (frame.revision < revision) return null;
  const reactions: { emoji: string; count: number }[] = frame.entries[0]?.reactions ?? [];
  return reactions.map(({ emoji: chosen, count }): [string, number] => [chosen, count]).sort();
}

let connected: MemberConnections | null = null;

const calls = {
  /** Connects everybody. */
  open(members: Members): void {
    connected = new MemberConnections(members);
  },
  run(phase: ReactionPhase) {
    if (!connected) throw new Error('the connections are not open');
    return connected.run(phase);
  },
  close(): void {
    connected?.close();
  },
};
export type ReactionCalls = typeof calls;

answerCalls(calls);
