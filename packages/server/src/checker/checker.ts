import { ConversationRules, type ReadBegun, type RecordedClient } from './conversation-rules.ts';
import type { Finding, Rule } from './finding.ts';
import type { LineOf, LineType, RecordedLine } from './format.ts';
import { InvalidRecording } from './parse-line.ts';
import { Presence } from './rules/presence.ts';
import { carriesRetryTime, requireRetryTime } from './rules/sends.ts';

/** Findings beyond this, of one rule and of all, are only counted: one fault often breaks a rule many times. */
const findingsOfRuleMax = 3;
const findingsMax = 20;

const operationTypes = ['send', 'amend', 'change_members', 'mark_read', 'read_page', 'read_changes'] as const;
type OperationType = (typeof operationTypes)[number];
type Completion = LineOf<'ack' | 'amend_ack' | 'done' | 'page' | 'changes' | 'refused' | 'unknown'>;
/** The operations that each completion can complete. */
const completes: Record<Completion['type'], readonly OperationType[]> = {
  ack: ['send'],
  amend_ack: ['amend'],
  done: ['change_members', 'mark_read'],
  page: ['read_page'],
  changes: ['read_changes'],
  refused: operationTypes,
  unknown: operationTypes,
};

interface Begun {
  request: LineOf<OperationType>;
  read: ReadBegun;
  /** The restores before it. */
  restores: number;
}

/**
 * Judges a recording line by line by the contract. Its memory depends on the number of entries, amendments and clients,
 * and not on the number of lines.
 */
export class Checker {
  readonly findings: Finding[] = [];
  findingCount = 0;
  lineCount = 0;
  private timeMs = 0;
  private presence: Presence | null = null;
  private restores = 0;
  /** The names of the faults that last in which a store crashed. */
  private readonly crashes = new Set<string>();
  private readonly clients = new Map<string, RecordedClient>();
  private readonly users = new Set<string>();
  private readonly begun = new Map<string, Begun>();
  private readonly conversations = new Map<string, ConversationRules>();

  get conversationCount(): number {
    return this.conversations.size;
  }

  take(recorded: RecordedLine): void {
    const line = ++this.lineCount;
    if (recorded.type === 'recording') {
      if (line !== 1) throw new InvalidRecording(line, 'only the first line may have the type recording');
      this.presence = new Presence(this.report, recorded.slackMs ?? 0);
      return;
    }
    if (!this.presence) throw new InvalidRecording(line, 'the first line must have the type recording');
    if (recorded.timeMs < this.timeMs) {
      const problem = `timeMs ${recorded.timeMs} is below ${this.timeMs} of a line before; the lines must be in order of time`;
      throw new InvalidRecording(line, problem);
    }
    this.timeMs = recorded.timeMs;
    this.presence.advance({ line, timeMs: this.timeMs });
    if (!('client' in recorded)) this.environment(recorded);
    else if (recorded.type === 'client') this.introduce(recorded);
    else if ('op' in recorded) this.operation(recorded, this.client(recorded.client));
    else this.observation(recorded, this.client(recorded.client));
  }

  /** Judges what could not be judged before the whole recording was known. */
  end(): void {
    if (this.lineCount === 0)
      throw new InvalidRecording(1, 'the recording is empty; its first line must have the type recording');
    for (const conversation of this.conversations.values()) conversation.end();
  }

  private readonly report = (rule: Rule, what: string, lines: readonly number[]): void => {
    this.findingCount++;
    const ofRule = this.findings.filter((finding) => finding.rule === rule).length;
    if (this.findings.length >= findingsMax || ofRule >= findingsOfRuleMax) return;
    const shown = [...new Set(lines)].filter((line) => line > 0).sort((a, b) => a - b);
    this.findings.push({ rule, what, lines: shown });
  };

  private introduce({ client: name, userId }: LineOf<'client'>): void {
    if (this.clients.has(name)) throw new InvalidRecording(this.lineCount, `the client ${name} is introduced twice`);
    this.clients.set(name, { name, userId, connectingLine: this.lineCount });
    this.users.add(userId);
    this.presence?.introduce(userId, this.now);
  }

  private client(name: string): RecordedClient {
    const client = this.clients.get(name);
    if (client) return client;
    throw new InvalidRecording(this.lineCount, `the client ${name} has no line of type client before`);
  }

  private get now() {
    return { line: this.lineCount, timeMs: this.timeMs };
  }

  private environment(recorded: Environment): void {
    switch (recorded.type) {
      case 'fault':
        this.presence?.fault(recorded.name);
        if (recorded.crash) this.crashes.add(recorded.name);
        return;
      case 'fault_end':
        this.presence?.faultEnded(recorded.name, this.timeMs);
        if (!this.crashes.delete(recorded.name)) return;
        for (const conversation of this.conversations.values()) conversation.forgetMarks();
        return;
      case 'restore':
        this.restores++;
        for (const conversation of this.namedBy(recorded)) conversation.restored();
        return;
      case 'replay':
        for (const conversation of this.namedBy(recorded)) conversation.beginReplay();
        return;
      case 'replay_end':
        for (const conversation of this.conversations.values()) conversation.endReplay(this.lineCount);
    }
  }

  /** The conversations that a line names, or all. */
  private namedBy({ conversationIds }: { conversationIds?: string[] | undefined }): ConversationRules[] {
    if (conversationIds === undefined) return [...this.conversations.values()];
    return conversationIds.map((id) => this.conversation(id));
  }

  private operation(recorded: LineOf<OperationType> | Completion, client: RecordedClient): void {
    const key = `${recorded.client} ${recorded.op}`;
    const begun = this.begun.get(key);
    if (isOperation(recorded)) {
      if (begun)
        throw new InvalidRecording(this.lineCount, `the operation ${recorded.op} of ${client.name} is under way`);
      this.begin(key, recorded, client);
      return;
    }
    if (!begun) throw new InvalidRecording(this.lineCount, `${client.name} has no operation ${recorded.op} under way`);
    if (!completes[recorded.type].includes(begun.request.type)) {
      const problem = `${recorded.type} can't complete ${begun.request.type}; it completes ${completes[recorded.type].join(', ')}`;
      throw new InvalidRecording(this.lineCount, problem);
    }
    this.begun.delete(key);
    // What was read before a restore says nothing about the history after it.
    const isOutdated = begun.restores !== this.restores;
    if (recorded.type === 'refused') this.refused(recorded, begun.request, client);
    else if (recorded.type !== 'unknown' && !isOutdated) this.completed(recorded, begun, client);
  }

  private begin(key: string, request: LineOf<OperationType>, client: RecordedClient): void {
    const line = this.lineCount;
    const { sends, order, amendments, membership, views } = this.conversation(request.conversationId);
    this.begun.set(key, { request, read: { line, seen: views.seen(client.name) }, restores: this.restores });
    if (request.type === 'send') {
      sends.send(client.userId, request, line, { seq: order.acknowledged.value, line: order.acknowledged.line });
    } else if (request.type === 'amend') {
      amendments.amend(request.seq, request.change);
    } else if (request.type === 'change_members') {
      const { change } = request;
      if (change.kind === 'add') membership.askToJoin(change.userIds, line);
      else if (change.kind === 'join') membership.askToJoin([client.userId], line);
    }
  }

  private completed(done: Exclude<Completion, { type: 'refused' | 'unknown' }>, begun: Begun, client: RecordedClient) {
    const line = this.lineCount;
    const { request } = begun;
    const conversation = this.conversation(request.conversationId);
    const { order, sends, amendments } = conversation;
    if (done.type === 'ack' && request.type === 'send') {
      const { clientMessageId, text } = request;
      const { seq, atMs, messageCount } = done;
      order.acknowledge(seq, { senderId: client.userId, clientMessageId, atMs, messageCount }, line);
      const key = `${client.userId} ${clientMessageId}`;
      sends.acknowledge(key, text, { seq, line }, order);
    } else if (done.type === 'amend_ack' && request.type === 'amend') {
      amendments.acknowledge(done, request.change, line);
    } else if (done.type === 'page' && request.type === 'read_page') {
      conversation.page(client, request, begun.read, done, line);
    } else if (done.type === 'changes' && request.type === 'read_changes') {
      conversation.changes(client, request, begun.read, line, done);
    } else if (request.type === 'mark_read') {
      conversation.markedRead(client.userId, request.seq, line);
    }
  }

  private refused(refusal: LineOf<'refused'>, request: LineOf<OperationType>, client: RecordedClient): void {
    if (request.type === 'send') {
      const { sends } = this.conversation(request.conversationId);
      sends.refuse(`${client.userId} ${request.clientMessageId}`, refusal, this.lineCount);
    } else if (carriesRetryTime(refusal.code)) {
      requireRetryTime(this.report, refusal.code, refusal.retryAfterMs, this.lineCount);
    }
  }

  private observation(recorded: Observation, client: RecordedClient): void {
    const line = this.lineCount;
    switch (recorded.type) {
      case 'connecting':
        client.connectingLine = line;
        return;
      case 'connected':
        this.presence?.connected(client.name, client.userId, this.now);
        for (const known of recorded.conversations) {
          const conversation = this.conversation(known.conversationId);
          const { headSeq, revision = 0, readSeq, lastMessage } = known;
          if (lastMessage) conversation.see(client, lastMessage, line);
          conversation.requireHead(headSeq, client.connectingLine, line, 'stale-read', 'the snapshot');
          conversation.requireRevision(revision, client.connectingLine, line);
          if (readSeq !== undefined && this.crashes.size === 0)
            conversation.requireRead(client.userId, readSeq, client.connectingLine, line);
        }
        return;
      case 'disconnected':
        this.presence?.disconnected(client.name, client.userId, recorded.how, this.now);
        return;
      case 'watch':
        this.presence?.watch(client.name, recorded.userIds, this.now);
        return;
      case 'presence':
        this.presence?.tell(client.name, recorded.users, this.now);
        return;
      case 'caught_up':
        for (const { conversationId, headSeq } of recorded.conversations) {
          const conversation = this.conversation(conversationId);
          const what = `the catch-up of ${client.name}`;
          conversation.requireHead(headSeq, client.connectingLine, line, 'catch-up-incomplete', what);
        }
        return;
      case 'forgot':
        this.forgot(recorded, client);
        return;
      default:
        this.inConversation(recorded, client);
    }
  }

  private inConversation(recorded: ConversationObservation, client: RecordedClient): void {
    const line = this.lineCount;
    const conversation = this.conversation(
      'entry' in recorded ? recorded.entry.conversationId : recorded.conversationId,
    );
    switch (recorded.type) {
      case 'entry':
        conversation.see(client, recorded.entry, line);
        return;
      case 'shown':
        conversation.see(client, recorded.entry, line);
        conversation.views.show(client.name, recorded.entry.seq, line);
        return;
      case 'amended':
        conversation.amended(client, recorded, line);
        return;
      case 'read_position':
        conversation.readPosition(recorded.seq, line);
        return;
      case 'skipped':
        conversation.views.skip(client.name, recorded.toSeq, line);
        return;
      case 'settled':
        conversation.settled(client, recorded, line);
    }
  }

  private forgot({ conversationId }: LineOf<'forgot'>, { name }: RecordedClient): void {
    if (conversationId !== undefined) this.conversation(conversationId).views.forget(name);
    else for (const { views } of this.conversations.values()) views.forget(name);
  }

  private conversation(id: string): ConversationRules {
    const known = this.conversations.get(id);
    if (known) return known;
    const made = new ConversationRules(this.report, (userId) => this.users.has(userId));
    this.conversations.set(id, made);
    return made;
  }
}

type Environment = LineOf<'restore' | 'replay' | 'replay_end' | 'fault' | 'fault_end'>;
type ConversationObservation = LineOf<'entry' | 'shown' | 'amended' | 'read_position' | 'skipped' | 'settled'>;
type Observation =
  | LineOf<'connecting' | 'connected' | 'disconnected' | 'watch' | 'presence' | 'caught_up' | 'forgot'>
  | ConversationObservation;

function isOperation(line: { type: LineType }): line is LineOf<OperationType> {
  return (operationTypes as readonly LineType[]).includes(line.type);
}
