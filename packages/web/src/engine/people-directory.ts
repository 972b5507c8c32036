import type { UserId } from '@parley/protocol';
import { Disconnected, type ParleyClient } from '@parley/sdk';
import type { PersonName } from './messages.ts';

const databaseName = 'parley-people';
/** Asked of the server at once: the rest waits, so that a crowded channel stays within the server's rate limits. */
const parallel = 4;

/** Names of people by their id: entries carry ids alone. Kept between runs, so that they show without a connection. */
export class PeopleDirectory {
  private readonly known = new Map<UserId, PersonName>();
  private readonly asking = new Map<UserId, Promise<PersonName | null>>();
  private readonly queue: (() => void)[] = [];
  private running = 0;
  private database: IDBDatabase | null = null;

  constructor(private readonly client: ParleyClient) {}

  async load(): Promise<void> {
    this.database = await open();
    const request = this.database.transaction('people').objectStore('people').getAll();
    const people = await new Promise<PersonName[]>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    for (const person of people) this.known.set(person.id, person);
  }

  learn(people: readonly PersonName[]): void {
    const news = people.filter(({ id, username, displayName }) => {
      const known = this.known.get(id);
      return known?.displayName !== displayName || known.username !== username;
    });
    if (news.length === 0) return;
    const store = this.database?.transaction('people', 'readwrite').objectStore('people');
    for (const { id, username, displayName } of news) {
      const person = { id, username, displayName };
      this.known.set(id, person);
      store?.put(person);
    }
  }

  /** Of those whom nobody knows any more, and while the server can't be asked, nothing. */
  async find(userIds: readonly UserId[]): Promise<PersonName[]> {
    const found = await Promise.all(userIds.map((id) => this.known.get(id) ?? this.ask(id)));
    return found.filter((person) => person !== null);
  }

  async clear(): Promise<void> {
    this.known.clear();
    this.database?.transaction('people', 'readwrite').objectStore('people').clear();
  }

  private ask(userId: UserId): Promise<PersonName | null> {
    const asked = this.asking.get(userId) ?? this.fetch(userId).finally(() => this.asking.delete(userId));
    this.asking.set(userId, asked);
    return asked;
  }

  private async fetch(userId: UserId): Promise<PersonName | null> {
    if (this.running >= parallel) await new Promise<void>((resolve) => this.queue.push(resolve));
    this.running++;
    try {
      const user = await this.client.call('getUser', { userId });
      this.learn([user]);
      return this.known.get(userId) ?? null;
    } catch (error) {
      if (!(error instanceof Disconnected)) reportError(error);
      return null;
    } finally {
      this.running--;
      this.queue.shift()?.();
    }
  }
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(databaseName, 1);
  request.onupgradeneeded = () => request.result.createObjectStore('people', { keyPath: 'id' });
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
