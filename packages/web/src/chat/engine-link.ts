import type { AnswerTo, Failure, FromEngine, News, RequestName, Requests, ToEngine } from '../engine/messages.ts';

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
    const link = new EngineLink(await enginePort(), takeNews);
    link.post({ type: 'hello', lock: await holdLock() });
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

/** One engine for all tabs where the browser has shared workers; else one in each tab, over the same store. */
async function enginePort(): Promise<MessagePort> {
  if (typeof SharedWorker === 'function') {
    return new SharedWorker(ENGINE_SCRIPT, { type: 'module', name: 'parley' }).port;
  }
  const { attachHere } = await import('../engine/in-this-tab.ts');
  return attachHere();
}

/** A lock that this tab holds until it is closed or crashes; returns its name. */
async function holdLock(): Promise<string> {
  const name = `parley-tab-${crypto.randomUUID()}`;
  await new Promise<void>((held) => {
    navigator.locks.request(name, () => {
      held();
      return new Promise(() => undefined);
    });
  });
  return name;
}
