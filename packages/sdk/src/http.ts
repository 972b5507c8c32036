import {
  deviceHeader,
  type InputOf,
  limits,
  type ObjectSchema,
  type Operation,
  type OperationId,
  operations,
  Problem,
  type ResponseOf,
  type Schema,
  toKnownKinds,
} from '@parley/protocol';
import { Disconnected, ParleyError } from './parley-error.ts';
import type { Runtime } from './runtime.ts';

/** Calls operations of the HTTP API. */
export class HttpApi {
  token: string | null = null;
  /** Of accounts that logged in on this device, newest first. */
  deviceSecrets: readonly string[] = [];

  constructor(
    readonly url: string,
    private readonly runtime: Pick<Runtime, 'fetch'>,
  ) {}

  /**
   * An answer that comes after the session has ended is dropped: the call throws {@link Disconnected}.
   * Throws {@link ParleyError} when the server refuses, {@link Disconnected} when it can't be reached or what answers
   * isn't Parley.
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
    if (operation.status === 204 && response.ok) return undefined as ResponseOf<Id>;
    const answer = toKnownKinds(await response.json().catch(() => undefined));
    if (!response.ok) throw refusal(answer, response.status);
    const parsed = (operation.response as Schema).safeParse(answer);
    if (!parsed.success) throw new Disconnected(`${this.url} answered ${id} with something else`);
    // What belongs to a session that ended must not be shown or stored.
    if (token !== null && token !== this.token) throw new Disconnected(`the session ended before ${id} was answered`);
    return parsed.data as ResponseOf<Id>;
  }

  private async fetch(url: string, init: RequestInit): Promise<Response> {
    try {
      return await this.runtime.fetch(url, { ...init, signal: AbortSignal.timeout(limits.silenceMs) });
    } catch (cause) {
      throw new Disconnected(`${this.url} can't be reached`, { cause });
    }
  }
}

function refusal(answer: unknown, status: number): Error {
  const problem = Problem.safeParse(answer);
  return problem.success ? ParleyError.of(problem.data) : new Disconnected(`the server answered with status ${status}`);
}

function fieldsOf(schema: ObjectSchema | undefined): string[] {
  return Object.keys(schema?.def.shape ?? {});
}
