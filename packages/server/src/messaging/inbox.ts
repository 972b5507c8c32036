import type { Entry, ServerFrame, UserId } from '@parley/protocol';
import type { AmendmentCopy, Delivery, EntryCopy } from '../connections/mailbox-port.ts';
import { concernedUsers, leavingUser } from '../conversations/entry-users.ts';
import type { CommandSubmitter } from '../distribution/submitter.ts';
import type { ConversationReads } from '../operations/conversation-reads.ts';
import type { Tracing } from '../platform/tracing.ts';
import type { AmendmentFanOut } from './amendment-fan-out.ts';
import type { Connection } from './connection.ts';
import type { FanOut } from './fan-out.ts';
import type { PresenceWatch } from './presence-watch.ts';
import type { Roster } from './roster.ts';

/** Passes what arrives in this server's mailbox on to its recipients. */
export class Inbox {
  constructor(
    private readonly submitter: Pick<CommandSubmitter, 'settle'>,
    private readonly fanOut: FanOut,
    private readonly amendments: Pick<AmendmentFanOut, 'deliver'>,
    private readonly roster: Roster,
    private readonly watch: PresenceWatch,
    private readonly reads: Pick<ConversationReads, 'ownOrNull'>,
    private readonly tracing: Tracing,
    private readonly unlisted: (part?: string) => void,
    private readonly reportFailure: (error: unknown) => void,
  ) {}

  /**
   * Never rejects. A delivery that fails is reported; clients detect the missing entry by the numbers. Returns undefined
   * when all deliveries were done at once, as most are: the frames of one socket then leave in one write.
   */
  receive(deliveries: readonly Delivery[]): Promise<void> | undefined {
    for (const [index, delivery] of deliveries.entries()) {
      const underWay = this.take(delivery);
      if (underWay) return this.goOnAfter(underWay, deliveries.slice(index + 1));
    }
    return undefined;
  }

  private async goOnAfter(underWay: Promise<void>, rest: readonly Delivery[]): Promise<void> {
    await underWay;
    for (const delivery of rest) await this.take(delivery);
  }

  /** Returns undefined when it was done at once. */
  private take(delivery: Delivery): Promise<void> | undefined {
    try {
      if (delivery.kind === 'amended') return this.amended(delivery);
      if (delivery.kind !== 'entry') {
        this.passOn(delivery);
        return undefined;
      }
      const handedOut = this.tracing.during('fan out', delivery.trace, () => this.fanOut.deliver(delivery));
      if (handedOut) return handedOut.then(() => this.showConversations(delivery)).catch(this.reportFailure);
      this.showConversations(delivery);
    } catch (error) {
      this.reportFailure(error);
    }
    return undefined;
  }

  /** Returns undefined when it was passed on at once. */
  private amended(copy: AmendmentCopy): Promise<void> | undefined {
    const passOn = () => this.amendments.deliver(copy);
    if (copy.broadcast && copy.recipientIds.length > 0) {
      const { conversationId } = copy.message;
      const shown = { conversationId, seq: copy.headSeq };
      return this.fanOut.follow(shown, copy.recipientIds, passOn).catch(this.reportFailure);
    }
    passOn();
    return undefined;
  }

  private passOn(delivery: Exclude<Delivery, EntryCopy | AmendmentCopy>): void {
    switch (delivery.kind) {
      case 'outcome':
        this.submitter.settle(delivery.requestId, delivery.outcome);
        return;
      case 'frame': {
        const text = JSON.stringify(delivery.frame);
        for (const userId of delivery.recipientIds) {
          for (const connection of this.roster.of(userId)) {
            if (isWanted(delivery.frame, connection)) connection.sendText(text);
          }
        }
        return;
      }
      case 'presence':
        this.watch.changed(delivery.userId);
        return;
      case 'renamed': {
        const { userId, displayName } = delivery;
        const concerned = new Set([...this.roster.of(userId), ...this.watch.watchersOf(userId)]);
        for (const connection of concerned) connection.send({ type: 'user', userId, displayName });
        return;
      }
      case 'unlisted':
        this.unlisted(delivery.part);
        return;
      case 'revoked':
        this.roster.revoke(delivery.userId, delivery.sessionIds);
    }
  }

  private showConversations(copy: EntryCopy): void {
    for (const userId of usersToShow(copy)) this.showConversation(userId, copy.entry);
  }

  /**
   * Reads the conversation as the user sees it now, and sends it to each of their connections here. The user may have
   * lost the conversation by a later entry: that entry is still on its way and has to be sent first, so nothing is sent
   * now.
   */
  private showConversation(userId: UserId, entry: Entry): void {
    const connections = [...this.roster.of(userId)];
    if (connections.length === 0) return;
    const { conversationId } = entry;
    this.reads.ownOrNull(userId, conversationId).then((conversation) => {
      if (conversation === null && leavingUser(entry) !== userId) return;
      for (const connection of connections) connection.send({ type: 'conversation', conversationId, conversation });
    }, this.reportFailure);
  }
}

/** Typing notices go to users who have the conversation in view, all other signals to every addressee. */
function isWanted(frame: ServerFrame, { typingIn }: Connection): boolean {
  return frame.type !== 'typing' || typingIn.has(frame.conversationId);
}

/** The users for whom this entry adds, changes or removes the conversation. */
function usersToShow({ entry, recipientIds, broadcast }: EntryCopy): readonly UserId[] {
  const firstMessage = entry.kind === 'message' && entry.messageCount === 1 && !broadcast;
  return firstMessage ? recipientIds : concernedUsers(entry);
}
