import type { AnswerTo, Failure, FromEngine, News, RequestName, Requests, ToEngine } from '../engine/messages.ts';
import { randomId } from './random-id.ts';

/** Where the engine's script is; the build puts it in. */
declare const ENGINE_SCRIPT: string;

/** What the engine answered a request with, when it was not what was asked for. */
export class RequestFailed extends Error {
  readonly code: string;
  readonly errors: Failure['errors'];

  constructor({ code, message, errors }: Failure) {
    super(message);
    this.code = code;
    this.errors = errors;
  }
}

type Answer = { resolve(value: unknown): void; reject(error: RequestFailed): void };

/** This tab's line to the engine. */
export class EngineLink {
  private readonly waiting = new Map<number, Answer>();
  private lastId = 0;

  private constructor(
    private readonly port: MessagePort,
    private readonly takeNews: (news: News[]) => void,
  ) {
    port.onmessage = ({ data }: MessageEvent<FromEngine>) => this.take(data);
  }

  static async open(takeNews: (news: News[]) => void): Promise<EngineLink> {
    const shared = await sharedEngine();
    if (!shared) {
      const { attachHere } = await import('../engine/in-this-tab.ts');
      return new EngineLink(attachHere(), takeNews);
    }
    const link = new EngineLink(shared.port, takeNews);
    link.post({ type: 'hello', lock: shared.lock });
    return link;
  }

  request<Name extends RequestName>(name: Name, ...given: Parameters<Requests[Name]>): Promise<AnswerTo<Name>> {
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve as Answer['resolve'], reject });
      this.post({ type: 'request', id, name, given });
    });
  }

  private take(message: FromEngine): void {
    if (message.type === 'news') {
      this.takeNews(message.news);
      return;
    }
    const waiting = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if (message.type === 'answer') waiting?.resolve(message.value);
    else waiting?.reject(new RequestFailed(message.failure));
  }

  private post(message: ToEngine): void {
    this.port.postMessage(message);
  }
}

/**
 * One engine for all tabs where the browser has shared workers, and locks by which the engine learns that a tab ended:
 * pages without TLS have no locks, and browsers that block the data of sites refuse both. Elsewhere null: each tab has
 * an engine of its own, over the same store.
 */
async function sharedEngine(): Promise<{ port: MessagePort; lock: string } | null> {
  if (typeof SharedWorker !== 'function' || !navigator.locks) return null;
  try {
    const lock = await holdLock();
    return { port: new SharedWorker(ENGINE_SCRIPT, { type: 'module', name: 'parley' }).port, lock };
  } catch {
    return null;
  }
}

/** A lock that this tab holds until it is closed or crashes; resolves with its name. */
function holdLock(): Promise<string> {
  const name = `parley-tab-${randomId()}`;
  return new Promise((resolve, reject) => {
    const hold = () => {
      resolve(name);
      return new Promise(() => undefined);
    };
    navigator.locks.request(name, hold).catch(reject);
  });
}
