import type { ConversationId } from '@parley/protocol';
import { Disconnected, Intercepted, ParleyError } from '@parley/sdk';
import type { Failure, FromEngine, News, RequestName, Requests, ToEngine } from './messages.ts';

/** After sending news, collects further news for this long: in a flood, the tab renders at its own pace. */
const gatherMs = 40;

/** How often the person has turned to a tab. */
let attentions = 0;

/** The engine's end of the connection to one tab. */
export class TabPort {
  /** The value of `attentions` when the person last turned to this tab. */
  attended = 0;
  stopWatching: () => void = () => undefined;
  private followed = new Set<ConversationId>();
  private shown: ConversationId | null = null;
  private news: News[] = [];
  private timer: ReturnType<typeof setTimeout> | null = null;
  private isOpen = false;
  private readonly requests: Requests;

  constructor(
    private readonly port: MessagePort,
    /** Makes the functions that carry out this tab's requests. */
    requestsOf: (tab: TabPort) => Requests,
    private readonly closed: () => void,
  ) {
    this.requests = requestsOf(this);
    this.port.onmessage = ({ data }: MessageEvent<ToEngine>) => this.take(data);
  }

  /** Starts sending news to the tab. */
  open(): void {
    this.isOpen = true;
    this.flush();
  }

  follows(conversationId: ConversationId): boolean {
    return this.followed.has(conversationId);
  }

  looksAt(conversationId: ConversationId): boolean {
    return this.shown === conversationId;
  }

  follow(conversationIds: readonly ConversationId[]): void {
    this.followed = new Set(conversationIds);
  }

  attend(visible: boolean, conversationId: ConversationId | null): void {
    this.shown = visible ? conversationId : null;
    if (visible) this.attended = ++attentions;
  }

  tell(news: News): void {
    this.news.push(news);
    if (this.timer || !this.isOpen) return;
    // Send the first news at once, together with all others of this turn of the event loop.
    queueMicrotask(() => this.flush());
    this.timer = setTimeout(() => {
      this.timer = null;
      this.flush();
    }, gatherMs);
  }

  /** Sends news to a tab that is not open yet. */
  tellNow(news: News): void {
    this.post({ type: 'news', news: [news] });
  }

  private flush(): void {
    if (this.news.length === 0 || !this.isOpen) return;
    const news = withoutOutdated(this.news);
    this.news = [];
    this.post({ type: 'news', news });
    if (!this.timer) {
      this.timer = setTimeout(() => {
        this.timer = null;
        this.flush();
      }, gatherMs);
    }
  }

  private take(message: ToEngine): void {
    if (message.type === 'hello') this.waitForEnd(message.lock);
    else void this.answer(message.id, message.name, message.given);
  }

  /** The tab holds this lock until it is closed: acquiring the lock shows that the tab is gone. */
  private waitForEnd(lock: string): void {
    const end = () => {
      this.stopWatching();
      this.isOpen = false;
      this.port.close();
      this.closed();
    };
    navigator.locks.request(lock, end).catch(reportError);
  }

  private async answer(id: number, name: RequestName, given: unknown[]): Promise<void> {
    try {
      const request = this.requests[name] as (...given: unknown[]) => Promise<unknown>;
      const value = await request(...given);
      // The tab gets the changes that the request caused before its answer.
      this.flush();
      this.post({ type: 'answer', id, value });
    } catch (error) {
      this.flush();
      this.post({ type: 'failure', id, failure: failureOf(error) });
    }
  }

  private post(message: FromEngine): void {
    this.port.postMessage(message);
  }
}

/** Drops news that later news about the same conversation, message or connection replace. */
function withoutOutdated(news: readonly News[]): News[] {
  const last = new Map<string, number>();
  for (const [index, item] of news.entries()) last.set(keyOf(item, index), index);
  return news.filter((item, index) => last.get(keyOf(item, index)) === index);
}

function keyOf(news: News, index: number): string {
  switch (news.kind) {
    case 'connection':
      return 'connection';
    case 'conversation':
      return `conversation ${news.conversation.id}`;
    case 'pending':
      return `pending ${news.message.clientMessageId}`;
    case 'typing':
      return `typing ${news.conversationId} ${news.userId}`;
    case 'read':
      return `read ${news.conversationId} ${news.userId}`;
    default:
      return String(index);
  }
}

/** A failure in the form that tabs receive. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ParleyError) return { code: error.code, message: error.message, errors: [...error.errors] };
  if (error instanceof Intercepted) return { code: 'intercepted', message: error.message, errors: [] };
  if (error instanceof Disconnected) return { code: 'disconnected', message: error.message, errors: [] };
  return { code: 'unknown', message: error instanceof Error ? error.message : String(error), errors: [] };
}
