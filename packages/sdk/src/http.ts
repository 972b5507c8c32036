import {
  deviceHeader,
  type InputOf,
  limits,
  type ObjectSchema,
  type Operation,
  type OperationId,
  operations,
  Problem,
  parseAnswer,
  type ResponseOf,
  type Schema,
} from '@parley/protocol';
import { Disconnected, Intercepted, ParleyError } from './parley-error.ts';
import type { Runtime } from './runtime.ts';

/** Calls operations of the HTTP API. */
export class HttpApi {
  token: string | null = null;
  /** Of accounts that logged in on this device, newest first. */
  deviceSecrets: readonly string[] = [];

  constructor(
    readonly url: string,
    private readonly runtime: Pick<Runtime, 'fetch'>,
    /** Told of each answer whether it is the server's own. */
    private readonly answered: (isOfServer: boolean) => void = () => undefined,
  ) {}

  /**
   * An answer that comes after the session has ended is dropped: the call throws {@link Disconnected}.
   * Throws {@link ParleyError} when the server refuses, {@link Disconnected} when it can't be reached or what answers
   * isn't Parley, {@link Intercepted} when that is a proxy or network at which one has to sign in.
   */
  async call<Id extends OperationId>(id: Id, input: InputOf<Id>): Promise<ResponseOf<Id>> {
    const operation: Operation = operations[id];
    const { token } = this;
    const given = input as Record<string, unknown>;
    const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(given[name])));
    const query = new URLSearchParams();
    for (const name of fieldsOf(operation.query)) if (given[name] !== undefined) query.set(name, String(given[name]));
    const body = Object.fromEntries(fieldsOf(operation.body).map((name) => [name, given[name]]));
    const response = await this.fetch(`${this.url}${path}${query.size > 0 ? `?${query}` : ''}`, {
      method: operation.method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(operation.body ? { 'content-type': 'application/json' } : {}),
        ...(operation.headers && this.deviceSecrets.length > 0
          ? { [deviceHeader]: this.deviceSecrets.join(', ') }
          : {}),
      },
      ...(operation.body ? { body: JSON.stringify(body) } : {}),
    });
    const answer = await this.answerOf(response);
    if (operation.status === 204 && response.status === 204) return undefined as ResponseOf<Id>;
    const parsed = operation.response && parseAnswer(operation.response as Schema<ResponseOf<Id>>, answer);
    if (!parsed) throw new Disconnected(`${this.url} answered ${id} with something else`);
    // What belongs to a session that ended must not be shown or stored.
    if (token !== null && token !== this.token) throw new Disconnected(`the session ended before ${id} was answered`);
    return parsed;
  }

  /** The content of an answer that is no refusal. */
  private async answerOf(response: Response): Promise<unknown> {
    const answer: unknown = await response.json().catch(() => undefined);
    const problem = response.ok ? null : parseAnswer(Problem, answer);
    if (!problem && isInterception(response)) {
      this.answered(false);
      throw new Intercepted(`something between here and ${this.url} answered in its place: sign in there`);
    }
    if (response.ok || problem) this.answered(true);
    if (problem) throw ParleyError.of(problem);
    if (!response.ok) throw new Disconnected(`the server answered with status ${response.status}`);
    return answer;
  }

  private async fetch(url: string, init: RequestInit): Promise<Response> {
    try {
      return await this.runtime.fetch(url, {
        ...init,
        redirect: 'manual',
        signal: AbortSignal.timeout(limits.silenceMs),
      });
    } catch (cause) {
      throw new Disconnected(`${this.url} can't be reached`, { cause });
    }
  }
}

/** Statuses by which proxies and networks ask to be signed in at. */
const signInStatuses = new Set([401, 403, 407, 511]);

/** Whether an answer without a content of the server's asks a person for something. The server never redirects. */
function isInterception({ type, status, headers }: Response): boolean {
  if (type === 'opaqueredirect' || (status >= 300 && status < 400) || signInStatuses.has(status)) return true;
  // By 500 and above a proxy tells that the server is away.
  return status < 500 && /\bx?html\b/.test(headers.get('content-type') ?? '');
}

function fieldsOf(schema: ObjectSchema | undefined): string[] {
  return Object.keys(schema?.def.shape ?? {});
}
