import type { Adapters } from '@parley/server';

export interface Person {
  userId: string;
  token: string;
}

const atOnce = 50;

/** Creates users with sessions directly in the store, without password hashing. */
export function createPeople(users: Adapters['users'], count: number): Promise<Person[]> {
  return inGroups(count, async (index) => {
    const [userId, token, username] = [Bun.randomUUIDv7(), `bench-token-${index}`, `bench${index}`];
    const nowMs = Date.now();
    const user = { id: userId, username, displayName: username, passwordHash: 'none', createdAtMs: nowMs };
    await users.create({ user, administrator: index === 0, invitation: null });
    const session = { id: Bun.randomUUIDv7(), userId, device: null, createdAtMs: nowMs, lastUsedAtMs: nowMs };
    await users.createSession(session, new Bun.CryptoHasher('sha256').update(token).digest('hex'));
    return { userId, token };
  });
}

/** Calls the API as a person. Retries while the server is overloaded, as clients do. */
export async function callAs(url: string, { token }: Person, path: string, body?: object): Promise<unknown> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const request = body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) };
  for (let attempt = 1; ; attempt++) {
    const answer = await fetch(`${url}${path}`, request);
    if (answer.ok) return answer.status === 204 ? null : answer.json();
    if ((answer.status !== 429 && answer.status !== 503) || attempt === 20) {
      throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
    }
    await answer.body?.cancel();
    await Bun.sleep(100 * attempt);
  }
}

/** Calls `make` for each index, some at a time. */
export async function inGroups<Made>(count: number, make: (index: number) => Promise<Made>): Promise<Made[]> {
  const made: Made[] = [];
  for (let from = 0; from < count; from += atOnce) {
    made.push(
      ...(await Promise.all(Array.from({ length: Math.min(atOnce, count - from) }, (_, at) => make(from + at)))),
    );
  }
  return made;
}
