import type { Conversation as ConversationData, ConversationId, InputOf, ResponseOf, UserId } from '@parley/protocol';
import type { Conversation } from './conversation.ts';
import type { ConversationRecords } from './conversation-records.ts';
import type { HttpApi } from './http.ts';
import type { Runtime } from './runtime.ts';

/** The conversations of the account that is logged in. */
export class Conversations {
  constructor(
    private readonly records: ConversationRecords,
    private readonly api: Pick<HttpApi, 'call'>,
    private readonly runtime: Pick<Runtime, 'uuid'>,
    /** Adds or updates a conversation, and fetches and shows its new entries. */
    private readonly learn: (data: ConversationData) => Conversation,
  ) {}

  /** The conversations that are loaded, most recent activity first. All of them are loaded once the client is live. */
  list(): Conversation[] {
    return this.records.list().map(({ conversation }) => conversation);
  }

  get(conversationId: ConversationId): Conversation | undefined {
    return this.records.get(conversationId)?.conversation;
  }

  /** Resolves with the answer of the server, like all methods below. */
  async openDirect(userId: UserId): Promise<Conversation> {
    return this.learn(await this.api.call('openDirect', { userId }));
  }

  /**
   * Each call creates one group, however often the request is retried. To repeat a call whose answer was lost, pass the
   * same `clientRequestId` to both: the group is then created once.
   */
  async createGroup(
    group: Omit<InputOf<'createGroup'>, 'clientRequestId'> & { clientRequestId?: string },
  ): Promise<Conversation> {
    return this.learn(await this.api.call('createGroup', { clientRequestId: this.runtime.uuid(), ...group }));
  }

  /** Like {@link createGroup}. */
  async createChannel(
    channel: Omit<InputOf<'createChannel'>, 'clientRequestId'> & { clientRequestId?: string },
  ): Promise<Conversation> {
    return this.learn(await this.api.call('createChannel', { clientRequestId: this.runtime.uuid(), ...channel }));
  }

  async join(conversationId: ConversationId): Promise<Conversation> {
    return this.learn(await this.api.call('joinChannel', { conversationId }));
  }

  async searchChannels(query: InputOf<'channelSearch'> = {}): Promise<ResponseOf<'channelSearch'>> {
    return this.api.call('channelSearch', query);
  }
}
