import type { Conversation as ConversationData, ConversationId, InputOf, ResponseOf, UserId } from '@parley/protocol';
import { Conversation, type ConversationPorts } from './conversation.ts';
import { withRead } from './entry-effects.ts';
import type { Runtime } from './runtime.ts';

/** What the conversations use of their client. */
export interface ConversationsPorts extends ConversationPorts {
  readonly runtime: Pick<Runtime, 'after' | 'uuid'>;
  /** Takes in what a conversation is now, and shows those entries of it that weren't shown yet. */
  learn(data: ConversationData): Conversation;
}

/** The conversations of whoever is logged in. */
export class Conversations {
  private readonly known = new Map<ConversationId, Conversation>();
  private readonly direct = new Map<UserId, Conversation>();

  constructor(private readonly ports: () => ConversationsPorts) {}

  /** Most recent activity first. Those that were loaded so far: all of them once the client is live. */
  list(): Conversation[] {
    return [...this.known.values()].sort(
      (a, b) => b.data.lastActivityAtMs - a.data.lastActivityAtMs || (a.id < b.id ? 1 : -1),
    );
  }

  get(conversationId: ConversationId): Conversation | undefined {
    return this.known.get(conversationId);
  }

  /** The other people of direct conversations, each with theirs. */
  get partners(): ReadonlyMap<UserId, Conversation> {
    return this.direct;
  }

  /** Not optimistic, like everything below. */
  async openDirect(userId: UserId): Promise<Conversation> {
    return this.ports().learn(await this.ports().api.call('openDirect', { userId }));
  }

  /** Safe to retry: one call makes one group however often the network makes it try. */
  async createGroup(group: Omit<InputOf<'createGroup'>, 'clientRequestId'>): Promise<Conversation> {
    const clientRequestId = this.ports().runtime.uuid();
    return this.ports().learn(await this.ports().api.call('createGroup', { ...group, clientRequestId }));
  }

  async createChannel(channel: Omit<InputOf<'createChannel'>, 'clientRequestId'>): Promise<Conversation> {
    const clientRequestId = this.ports().runtime.uuid();
    return this.ports().learn(await this.ports().api.call('createChannel', { ...channel, clientRequestId }));
  }

  async join(conversationId: ConversationId): Promise<Conversation> {
    return this.ports().learn(await this.ports().api.call('joinChannel', { conversationId }));
  }

  async searchChannels(query: InputOf<'channelSearch'> = {}): Promise<ResponseOf<'channelSearch'>> {
    return this.ports().api.call('channelSearch', query);
  }

  /**
   * Takes in what a conversation is now. Of a new one, entries after `position` count as not shown yet.
   *
   * @param keepsReading whether what was read here counts, though the server knows less.
   */
  put(data: ConversationData, position: number, keepsReading = true): Conversation {
    const known = this.known.get(data.id);
    if (known) {
      // What came by the entries may be newer than what was read before them.
      if (data.headSeq >= known.data.headSeq) {
        const now = keepsReading ? withReadingOf(known.data, data) : data;
        // A server of an earlier version says nothing of it.
        known.data = { ...now, epoch: now.epoch ?? known.data.epoch };
      } else if (data.membership) {
        // Older than the entries that came, it may yet know of reading on another device.
        known.data = withRead(known.data, data.membership.readSeq, data.messageCount - data.unreadCount);
      }
      return known;
    }
    const conversation = new Conversation(data, position, this.ports());
    this.known.set(data.id, conversation);
    if (data.partner) this.direct.set(data.partner.id, conversation);
    return conversation;
  }

  delete(conversationId: ConversationId): Conversation | undefined {
    const conversation = this.known.get(conversationId);
    this.known.delete(conversationId);
    if (conversation?.data.partner) this.direct.delete(conversation.data.partner.id);
    return conversation;
  }

  clear(): void {
    this.known.clear();
    this.direct.clear();
  }
}

/** What a conversation is now, where this client has read further than the server knew. */
function withReadingOf(known: ConversationData, now: ConversationData): ConversationData {
  const readSeq = known.membership?.readSeq ?? 0;
  if (!now.membership || readSeq <= now.membership.readSeq) return now;
  const unreadCount = Math.min(now.unreadCount, known.unreadCount + (now.messageCount - known.messageCount));
  return { ...now, unreadCount, membership: { ...now.membership, readSeq } };
}
