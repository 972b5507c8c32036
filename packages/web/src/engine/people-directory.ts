import type { UserId } from '@parley/protocol';
import type { ParleyClient } from '@parley/sdk';
import type { PersonName } from './messages.ts';
import { reportFailure } from './report-failure.ts';

const databaseName = 'parley-people';
/** Asked of the server at once: the rest waits, so that a crowded channel stays within the server's rate limits. */
const parallel = 4;

/** Names of people by their id: entries carry ids alone. Kept between runs, so that they show without a connection. */
export class PeopleDirectory {
  private readonly known = new Map<UserId, PersonName>();
  /** Those of whom the server spoke since this began. */
  private readonly confirmed = new Set<UserId>();
  private readonly asking = new Map<UserId, Promise<PersonName | null>>();
  private readonly queue: (() => void)[] = [];
  private running = 0;
  private database: IDBDatabase | null = null;

  /** @param changed told of everybody who is called otherwise than was known. */
  constructor(
    private readonly client: ParleyClient,
    private readonly changed: (people: PersonName[]) => void,
  ) {}

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
    const news = people.flatMap(({ id, username, displayName }) => {
      this.confirmed.add(id);
      const known = this.known.get(id);
      const isNews = known?.displayName !== displayName || known.username !== username;
      return isNews ? [{ id, username, displayName }] : [];
    });
    if (news.length === 0) return;
    const store = this.database?.transaction('people', 'readwrite').objectStore('people');
    for (const person of news) {
      this.known.set(person.id, person);
      store?.put(person);
    }
    this.changed(news);
  }

  /** Somebody who may be known is called so now. */
  rename(userId: UserId, displayName: string): void {
    const known = this.known.get(userId);
    if (known) this.learn([{ ...known, displayName }]);
  }

  /**
   * Of those whom nobody knows any more, and while the server can't be asked, nothing. A name that is kept from before
   * is taken, and asked for: should it be another by now, that is told.
   */
  async find(userIds: readonly UserId[]): Promise<PersonName[]> {
    const found = await Promise.all(
      userIds.map((id) => {
        const asked = this.confirmed.has(id) ? null : this.ask(id);
        return this.known.get(id) ?? asked;
      }),
    );
    return found.filter((person) => person !== null);
  }

  async clear(): Promise<void> {
    this.known.clear();
    this.confirmed.clear();
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
      reportFailure(error);
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
