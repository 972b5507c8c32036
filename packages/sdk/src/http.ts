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
  /** The device secrets of accounts that logged in on this device, newest first. */
  deviceSecrets: readonly string[] = [];

  constructor(
    readonly url: string,
    private readonly runtime: Pick<Runtime, 'fetch'>,
    /** Called for each response with whether it comes from the server. */
    private readonly answered: (isOfServer: boolean) => void = () => undefined,
  ) {}

  /**
   * Rejects with {@link ParleyError} if the server returns an error, {@link Disconnected} if it cannot be reached, if
   * the response is not Parley's or if the session ended meanwhile, and {@link Intercepted} if a proxy or network
   * responds at which the user has to sign in.
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
    if (!parsed) throw new Disconnected(`${this.url} sent an invalid response to ${id}`);
    // Data of a session that ended must not be shown or stored.
    if (token !== null && token !== this.token)
      throw new Disconnected(`the session ended before the response to ${id}`);
    return parsed;
  }

  /** The body of a successful response. */
  private async answerOf(response: Response): Promise<unknown> {
    const answer: unknown = await response.json().catch(() => undefined);
    const problem = response.ok ? null : parseAnswer(Problem, answer);
    if (!problem && isInterception(response)) {
      this.answered(false);
      throw new Intercepted(`a proxy or network responded in place of ${this.url}: sign in there`);
    }
    if (response.ok || problem) this.answered(true);
    if (problem) throw ParleyError.of(problem);
    if (!response.ok) throw new Disconnected(`the server responded with status ${response.status}`);
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
      throw new Disconnected(`${this.url} cannot be reached`, { cause });
    }
  }
}

/** Statuses with which proxies and networks request a sign-in. */
const signInStatuses = new Set([401, 403, 407, 511]);

/** Whether a response that is not Parley's requests a sign-in. The server never redirects. */
function isInterception({ type, status, headers }: Response): boolean {
  if (type === 'opaqueredirect' || (status >= 300 && status < 400) || signInStatuses.has(status)) return true;
  // With statuses from 500 on, a proxy reports that the server is unavailable.
  return status < 500 && /\bx?html\b/.test(headers.get('content-type') ?? '');
}

function fieldsOf(schema: ObjectSchema | undefined): string[] {
  return Object.keys(schema?.def.shape ?? {});
}
