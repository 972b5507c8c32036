import type { ConversationId } from '@parley/protocol';
import { Disconnected, Intercepted, ParleyError } from '@parley/sdk';
import type { Failure, FromEngine, News, RequestName, Requests, ToEngine } from './messages.ts';

/** Changes are gathered for this long once some were told: a tab draws at its own pace, not at the network's. */
const gatherMs = 40;

/** How often any tab was looked at. */
let attentions = 0;

/** One tab, as the engine sees it. */
export class TabPort {
  /** The larger, the later this tab was last looked at. */
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
    /** What this tab may ask, carried out. */
    requestsOf: (tab: TabPort) => Requests,
    private readonly closed: () => void,
  ) {
    this.requests = requestsOf(this);
    this.port.onmessage = ({ data }: MessageEvent<ToEngine>) => this.take(data);
  }

  /** From now on the tab is told what changes. */
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
    // The first of a flood goes at once, after whatever else this turn brings.
    queueMicrotask(() => this.flush());
    this.timer = setTimeout(() => {
      this.timer = null;
      this.flush();
    }, gatherMs);
  }

  /** Tells a tab that is not open yet. */
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

  /** The tab holds this lock for as long as it lives: whoever gets it knows that the tab is gone. */
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
      // What changed because of the request is known before its answer is.
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

/** Of what was told of one conversation, message or connection in one go, the last counts. */
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

function failureOf(error: unknown): Failure {
  if (error instanceof ParleyError) return { code: error.code, message: error.message, errors: [...error.errors] };
  if (error instanceof Intercepted) return { code: 'intercepted', message: error.message, errors: [] };
  if (error instanceof Disconnected) return { code: 'disconnected', message: error.message, errors: [] };
  return { code: 'unknown', message: error instanceof Error ? error.message : String(error), errors: [] };
}
