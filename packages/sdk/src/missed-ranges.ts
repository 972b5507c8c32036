import { type ConversationId, type HistoryPage, limits } from '@parley/protocol';
import type { Connection } from './connection.ts';
import { catchUpFeature } from './features.ts';
import type { HttpApi } from './http.ts';
import { Disconnected, ParleyError } from './parley-error.ts';

/** The entries that one request is made for, so that its response has few pages that end early. */
const entriesPerRequest = 100;
/** Requests under way: the server prepares a response while the client handles the previous one. */
const requestsMax = 2;
/** Requests under way to a server that accepts only requests for one range. */
const singleRequestsMax = 4;

interface Range {
  conversationId: ConversationId;
  after: number;
  limit: number;
}

interface Waiting extends Range {
  resolve(page: HistoryPage): void;
  reject(error: unknown): void;
}

/** What {@link MissedRanges} needs. */
export interface MissedRangesPorts {
  readonly api: Pick<HttpApi, 'call'>;
  readonly connection: Pick<Connection, 'request' | 'isConnected' | 'serverFeatures'>;
}

/**
 * Requests missed entries. The ranges that are waiting are requested together, in the order in which they came; a server
 * of an earlier version is sent a request for each.
 */
export class MissedRanges {
  private readonly waiting: Waiting[] = [];
  private underWay = 0;

  constructor(private readonly ports: MissedRangesPorts) {}

  /**
   * Resolves with the entries after a number: as many as one response has, at most `limit`. Rejects like
   * {@link HttpApi.call}.
   */
  get(range: Range): Promise<HistoryPage> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ ...range, resolve, reject });
      // Not at once, so that the ranges that are requested in this turn are together.
      Promise.resolve().then(() => this.requestNext());
    });
  }

  private requestNext(): void {
    const { isConnected, serverFeatures } = this.ports.connection;
    const together = isConnected && serverFeatures.includes(catchUpFeature);
    while (this.waiting.length > 0 && this.underWay < (together ? requestsMax : singleRequestsMax)) {
      this.underWay++;
      const asked = this.waiting.splice(0, together ? this.countTogether() : 1);
      (together ? this.askTogether(asked) : this.askSingly(asked))
        .catch((error: unknown) => {
          // The other ranges would fail in the same way, unless the user is not a member of the conversation.
          const isOfConversation = error instanceof ParleyError && error.code === 'not_found';
          for (const { reject } of [...asked, ...(isOfConversation ? [] : this.waiting.splice(0))]) reject(error);
        })
        .finally(() => {
          this.underWay--;
          this.requestNext();
        });
    }
  }

  private countTogether(): number {
    let entries = 0;
    // A request names each conversation once.
    const named = new Set<ConversationId>();
    const end = this.waiting.findIndex(({ conversationId, limit }, index) => {
      const isEnd = entries >= entriesPerRequest || index === limits.catchUpRanges || named.has(conversationId);
      entries += limit;
      named.add(conversationId);
      return isEnd;
    });
    return end < 0 ? this.waiting.length : end;
  }

  private async askTogether(asked: readonly Waiting[]): Promise<void> {
    const ranges = asked.map(({ conversationId, after, limit }) => ({ conversationId, after, limit }));
    const answer = await this.ports.connection.request({ type: 'catch_up', ranges });
    if (answer.type !== 'catch_up') throw new Disconnected(`the response to a catch_up is ${answer.type}`);
    const pages = new Map(answer.pages.map((page) => [page.conversationId, page]));
    const notFound = new Set(answer.notFound);
    // Ranges for which the response had no space.
    const rest: Waiting[] = [];
    for (const each of asked) {
      const page = pages.get(each.conversationId);
      if (page) each.resolve(page);
      else if (notFound.has(each.conversationId)) each.reject(new ParleyError('not_found', 'not a member'));
      else rest.push(each);
    }
    if (rest.length === asked.length) throw new Disconnected('the response to a catch_up is empty');
    this.waiting.unshift(...rest);
  }

  private async askSingly(asked: readonly Waiting[]): Promise<void> {
    for (const { conversationId, after, limit, resolve } of asked) {
      resolve(await this.ports.api.call('getHistory', { conversationId, after, limit }));
    }
  }
}
