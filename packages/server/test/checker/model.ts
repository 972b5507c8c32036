import { amended, type Entry, type MessageChange, type MessageEntry } from '@parley/protocol';
import type { LineOf, NewLine } from '../../src/checker/format.ts';
import { Recorder } from '../../src/checker/recorder.ts';
import { conversationId, creation, type Name, userIds } from './recording.ts';

/** A random number generator with a seed (mulberry32). */
export function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

interface Client {
  name: string;
  user: Name;
  /** The numbers that were delivered and shown, and the revision that the client has. */
  delivered: number;
  shown: number;
  revision: number;
}

/**
 * One conversation of Ana with two clients, Ben and Eve, on a service without faults, as its clients record it: with
 * late and doubled deliveries, unknown outcomes, retries, and Eve who is removed and added again.
 */
export class Model {
  readonly lines: string[] = [];
  private timeMs = 0;
  private readonly recorder = new Recorder(
    (line) => this.lines.push(line),
    () => this.timeMs,
  );
  private entries: Entry[] = [creation()];
  private revision = 0;
  private readonly clients: Client[] = [];
  private operations = 0;
  /** The number after which Eve reads nothing; null while she is a member. */
  private removedAt: number | null = null;
  private isEveOnline = true;
  /** Messages whose outcome is not known to their sender: decided under a number, or not. */
  private readonly open: { client: Client; clientMessageId: string; seq: number | null }[] = [];
  private readSeq = 0;

  constructor(private readonly random: (below: number) => number) {
    for (const [name, user] of [
      ['ana', 'ana'],
      ['ana2', 'ana'],
      ['ben', 'ben'],
      ['eve', 'eve'],
    ] as const) {
      this.add({ type: 'client', client: name, userId: userIds[user] });
      this.clients.push({ name, user, delivered: 0, shown: 0, revision: 0 });
    }
    for (const client of this.clients) this.connect(client);
    this.add({ type: 'watch', client: 'ben', userIds: [userIds.eve] });
    this.add({ type: 'presence', client: 'ben', users: [{ userId: userIds.eve, online: true }] });
  }

  /** Performs a number of random steps; then all clients read what they miss. Returns the recording. */
  run(steps: number): string[] {
    const actions = [
      ...[this.send, this.send, this.deliver, this.deliver, this.show, this.show, this.retry, this.read],
      ...[this.amend, this.amend, this.tellAmended, this.changeMembers, this.markRead, this.presence, this.reconnect],
    ];
    for (let step = 0; step < steps; step++) actions[this.random(actions.length)]?.call(this);
    for (const client of this.clients) this.settle(client);
    return this.lines;
  }

  private add(line: NewLine): void {
    this.timeMs++;
    this.recorder.record(line);
  }

  private pick<Item>(items: readonly Item[]): Item | undefined {
    return items[this.random(items.length)];
  }

  private member(): Client {
    const members = this.clients.filter(({ user }) => user !== 'eve' || this.removedAt === null);
    return this.pick(members) as Client;
  }

  private last(client: Client): number {
    return client.user === 'eve' && this.removedAt !== null ? this.removedAt : this.entries.length;
  }

  private decide(
    entry: { kind: 'message'; clientMessageId: string; text: string } | { kind: 'removed' } | { kind: 'added' },
    by: Name,
  ) {
    const seq = this.entries.length + 1;
    const count = this.entries.at(-1)?.messageCount ?? 0;
    const base = { conversationId, seq, atMs: 1_000 + seq * 10, senderId: userIds[by] };
    if (entry.kind === 'message') this.entries.push({ ...base, ...entry, messageCount: count + 1 });
    else if (entry.kind === 'added')
      this.entries.push({ ...base, kind: 'added', messageCount: count, userIds: [userIds.eve] });
    else this.entries.push({ ...base, kind: 'removed', messageCount: count, userId: userIds.eve });
    return seq;
  }

  private ack(client: Client, op: string, seq: number): void {
    const { atMs, messageCount } = this.entries[seq - 1] as Entry;
    this.add({ type: 'ack', client: client.name, op, seq, atMs, messageCount });
  }

  private send(): void {
    const client = this.member();
    const op = `op-${++this.operations}`;
    const clientMessageId = `message-${this.operations}`;
    const text = `text ${this.operations}`;
    this.add({ type: 'send', client: client.name, op, conversationId, clientMessageId, text });
    const outcome = this.random(6);
    if (outcome === 0) {
      this.add({ type: 'refused', client: client.name, op, code: 'overloaded', retryAfterMs: 100 });
      this.open.push({ client, clientMessageId, seq: null });
      return;
    }
    const seq = outcome === 1 ? null : this.decide({ kind: 'message', clientMessageId, text }, client.user);
    if (outcome > 2 && seq !== null) {
      this.ack(client, op, seq);
      return;
    }
    this.add({ type: 'unknown', client: client.name, op });
    this.open.push({ client, clientMessageId, seq });
  }

  private retry(): void {
    const index = this.random(Math.max(1, this.open.length));
    const waiting = this.open[index];
    if (!waiting || (waiting.client.user === 'eve' && this.removedAt !== null)) return;
    const { client, clientMessageId } = waiting;
    const op = `op-${++this.operations}`;
    const text = `text ${clientMessageId.slice('message-'.length)}`;
    this.add({ type: 'send', client: client.name, op, conversationId, clientMessageId, text });
    this.open.splice(index, 1);
    this.ack(client, op, waiting.seq ?? this.decide({ kind: 'message', clientMessageId, text }, client.user));
  }

  private deliver(): void {
    const client = this.pick(this.clients) as Client;
    const again = this.random(5) === 0 && client.delivered > 0;
    const seq = again ? 1 + this.random(client.delivered) : client.delivered + 1;
    if (seq > this.last(client)) return;
    client.delivered = Math.max(client.delivered, seq);
    this.add({ type: 'entry', client: client.name, entry: this.entries[seq - 1] as Entry });
  }

  private show(client = this.pick(this.clients) as Client): void {
    if (client.shown >= this.last(client)) return;
    this.add({ type: 'shown', client: client.name, entry: this.entries[client.shown] as Entry });
    client.shown++;
    client.delivered = Math.max(client.delivered, client.shown);
  }

  private read(): void {
    const client = this.member();
    const op = `op-${++this.operations}`;
    const after = this.random(this.entries.length + 1);
    this.add({ type: 'read_page', client: client.name, op, conversationId, after });
    if (this.random(3) === 0) this.send();
    if (client.user === 'eve' && this.removedAt !== null) return;
    const entries = this.entries.slice(after, after + 5);
    const page = { entries, headSeq: this.entries.length, visibleFromSeq: 1, revision: this.revision };
    this.add({ type: 'page', client: client.name, op, ...page });
  }

  private amend(): void {
    const messages = this.entries.filter((entry) => entry.kind === 'message' && !entry.deleted) as MessageEntry[];
    const message = this.pick(messages);
    const client = this.clients.find(({ user }) => userIds[user] === message?.senderId);
    if (!message || !client || (client.user === 'eve' && this.removedAt !== null)) return;
    const op = `op-${++this.operations}`;
    const changes: MessageChange[] = [
      { kind: 'edit', text: `edited ${this.operations}` },
      { kind: 'pin', set: message.pinned === undefined },
      { kind: 'delete' },
    ];
    const change = this.pick([...changes, ...changes.slice(0, 2)]) as MessageChange;
    const { seq } = message;
    this.add({ type: 'amend', client: client.name, op, conversationId, seq, amendmentId: op, change });
    const revision = ++this.revision;
    const byId = userIds[client.user];
    this.entries[seq - 1] = amended(message, { revision, byId, atMs: 1_000_000 + revision, change });
    this.add({ type: 'amend_ack', client: client.name, op, seq, revision });
  }

  private tellAmended(client = this.member()): void {
    if (client.user === 'eve' || client.revision === this.revision) return;
    const isAmended = (entry: Entry) => entry.kind === 'message' && (entry.revision ?? 0) > client.revision;
    const entries = this.entries.filter(isAmended) as MessageEntry[];
    const asked = this.random(2) === 0;
    const op = `op-${++this.operations}`;
    const upTo = { after: client.revision, revision: this.revision };
    if (asked) {
      this.add({ type: 'read_changes', client: client.name, op, conversationId, after: client.revision });
      this.add({ type: 'changes', client: client.name, op, entries, revision: this.revision, complete: true });
    } else {
      this.add({ type: 'amended', client: client.name, conversationId, ...upTo, entries });
    }
    client.revision = this.revision;
  }

  private changeMembers(): void {
    const op = `op-${++this.operations}`;
    const isMember = this.removedAt === null;
    const change: LineOf<'change_members'>['change'] = isMember
      ? { kind: 'remove', userId: userIds.eve }
      : { kind: 'add', userIds: [userIds.eve] };
    this.add({ type: 'change_members', client: 'ana', op, conversationId, change });
    const seq = this.decide({ kind: isMember ? 'removed' : 'added' }, 'ana');
    this.removedAt = isMember ? seq : null;
    this.add({ type: 'done', client: 'ana', op });
  }

  private markRead(): void {
    const seq = this.clients[0]?.shown ?? 0;
    if (seq <= this.readSeq) return;
    const op = `op-${++this.operations}`;
    this.add({ type: 'mark_read', client: 'ana', op, conversationId, seq });
    this.readSeq = seq;
    this.add({ type: 'done', client: 'ana', op });
    this.add({ type: 'read_position', client: 'ben', conversationId, userId: userIds.ana, seq });
  }

  /** Eve goes offline or online, which Ben learns in time. */
  private presence(): void {
    const eve = this.clients[3] as Client;
    this.isEveOnline = !this.isEveOnline;
    if (this.isEveOnline) this.connect(eve);
    else this.add({ type: 'disconnected', client: 'eve', how: 'closed' });
    this.timeMs += this.isEveOnline ? 500 : 5_000;
    this.add({ type: 'presence', client: 'ben', users: [{ userId: userIds.eve, online: this.isEveOnline }] });
    this.timeMs += 20_000;
  }

  private reconnect(): void {
    const client = this.clients[1] as Client;
    this.add({ type: 'disconnected', client: client.name, how: 'lost' });
    this.connect(client);
    this.add({
      type: 'caught_up',
      client: client.name,
      conversations: [{ conversationId, headSeq: this.entries.length }],
    });
  }

  private connect(client: Client): void {
    this.add({ type: 'connecting', client: client.name });
    const known = { conversationId, headSeq: this.entries.length, revision: this.revision };
    const isMember = client.user !== 'eve' || this.removedAt === null;
    const conversation = client.user === 'ana' ? { ...known, readSeq: this.readSeq } : known;
    this.add({ type: 'connected', client: client.name, conversations: isMember ? [conversation] : [] });
  }

  private settle(client: Client): void {
    while (client.shown < this.last(client)) this.show(client);
    if (client.user === 'eve' && this.removedAt !== null) return;
    const { name } = client;
    const view = { headSeq: this.entries.length, revision: this.revision, entries: this.entries };
    this.add({ type: 'settled', client: name, conversationId, ...view });
  }
}
