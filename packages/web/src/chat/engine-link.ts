import type { AnswerTo, Failure, FromEngine, News, RequestName, Requests, ToEngine } from '../engine/messages.ts';
import { randomId } from './random-id.ts';

/** The address of the engine's script. The build defines it. */
declare const ENGINE_SCRIPT: string;

/** The engine refused a request, or failed to carry it out. */
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

/** This tab's connection to the engine. */
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
 * Connects to the engine that all tabs share. It needs a shared worker, and a lock by which the engine notices that a
 * tab was closed: pages without TLS have no locks, and browsers that block site data refuse both. Returns null there:
 * each tab then runs an engine of its own over the same store.
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

/** Acquires a lock that this tab holds until it is closed or crashes. Resolves with the lock's name. */
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
