import type { MessageEntry, ServerFrame, ServerFrameOf } from '@parley/protocol';
import type { AmendmentCopy } from '../../src/connections/mailbox-port.ts';
import type { Participant } from '../../src/conversations/conversation.ts';
import { AmendmentFanOut } from '../../src/messaging/amendment-fan-out.ts';
import { BroadcastGroups } from '../../src/messaging/broadcast-groups.ts';
import { Connection } from '../../src/messaging/connection.ts';
import { MessageVisibility } from '../../src/messaging/message-visibility.ts';
import { Outbox } from '../../src/messaging/outbox.ts';
import { Roster } from '../../src/messaging/roster.ts';
import type { Socket } from '../../src/messaging/socket.ts';
import { amendmentsFeature } from '../../src/platform/features.ts';
import { FakeClock } from '../support/fake-clock.ts';

export const conversationId = 'room';
type Amended = ServerFrameOf<'amended'>;

/** The fan-out of one server, with a history and members that the test defines. */
export class FanOutUnderTest {
  readonly clock = new FakeClock();
  readonly roster = new Roster();
  readonly topics = new Map<string, Set<Device>>();
  readonly failures: unknown[] = [];
  /** The amended messages, by number. */
  readonly messages = new Map<number, MessageEntry>();
  readonly members = new Map<string, Pick<Participant, 'visibleFromSeq' | 'leftSeq'>>();
  /** The users who reacted to messages, as `USER SEQ EMOJI`. */
  readonly reacted = new Set<string>();
  historyReads = 0;
  memberReads = 0;
  historyFails = false;
  revision = 0;
  readonly groups = new BroadcastGroups(
    () => 'server',
    {
      addInterest: async () => undefined,
      dropInterest: async () => undefined,
      setOnlineMembers: async () => undefined,
    },
    (topic, text) => {
      for (const device of this.topics.get(topic) ?? []) device.send(text);
    },
    (error) => this.failures.push(error),
  );
  readonly fanOut = new AmendmentFanOut({
    roster: this.roster,
    groups: this.groups,
    visibility: new MessageVisibility({
      participant: async (_, userId) => {
        this.memberReads++;
        const member = this.members.get(userId);
        // The bounds are all that the fan-out reads of a participant.
        return member && (member as Participant);
      },
    }),
    history: {
      changes: async ({ after, limit }) => {
        this.historyReads++;
        if (this.historyFails) throw new Error('no history');
        const changed = [...this.messages.values()].filter(({ revision = 0 }) => revision > after);
        return changed.sort((a, b) => (a.revision ?? 0) - (b.revision ?? 0)).slice(0, limit);
      },
      ownReactions: async (userId, asked) =>
        asked.filter(({ seq, emoji }) => this.reacted.has(`${userId} ${seq} ${emoji}`)),
    },
    clock: this.clock,
    reportFailure: (error) => this.failures.push(error),
  });

  /** A connection of this user that supports amendments, unless `features` says otherwise; null: not declared yet. */
  connect(userId: string, features: string[] | null = [amendmentsFeature]): Device {
    const device = new Device(this, userId, features);
    this.roster.add(device.connection);
    return device;
  }

  /** Amends a message and returns the copy for this server. */
  amend(seq: number, fields: Partial<MessageEntry> = {}, copy: Partial<AmendmentCopy> = {}): AmendmentCopy {
    const revision = ++this.revision;
    const message: MessageEntry = {
      ...{
        kind: 'message',
        conversationId,
        seq,
        messageCount: seq,
        atMs: 1,
        senderId: 'ana',
        clientMessageId: `${seq}`,
      },
      ...{ text: `revision ${revision}`, revision, ...fields },
    };
    this.messages.set(seq, message);
    return {
      ...{ kind: 'amended', message, revision, actorId: 'ana', broadcast: false, recipientIds: ['ana', 'ben'] },
      ...{ visibleToAll: true, headSeq: 100, membershipSeq: 2, ...copy },
    };
  }

  async settle(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

export class Device implements Socket {
  readonly frames: ServerFrame[] = [];
  readonly connection: Connection;

  constructor(
    private readonly under: FanOutUnderTest,
    userId: string,
    features: string[] | null,
  ) {
    this.connection = new Connection(this, '192.0.2.1', under.clock, new Outbox((run) => run()));
    this.connection.identity = { userId, sessionId: userId };
    if (features) this.connection.declare(new Set(features));
  }

  get amended(): Amended[] {
    return this.frames.filter((frame) => frame.type === 'amended');
  }

  /** The ranges that arrived, as `AFTER-REVISION: NUMBERS`. */
  get ranges(): string[] {
    return this.amended.map(({ after, revision, entries }) => `${after}-${revision}: ${entries.map(({ seq }) => seq)}`);
  }

  send(text: string): boolean {
    this.frames.push(JSON.parse(text));
    return true;
  }

  cork(send: () => void): void {
    send();
  }

  subscribe(topic: string): void {
    this.under.topics.set(topic, (this.under.topics.get(topic) ?? new Set()).add(this));
  }

  unsubscribe(topic: string): void {
    this.under.topics.get(topic)?.delete(this);
  }

  bufferedBytes(): number {
    return 0;
  }

  ping(): void {}
  close(): void {}
  terminate(): void {}
  pause(): void {}
  resume(): void {}
}
