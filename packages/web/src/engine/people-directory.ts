import type { ParleyClient, Person } from '@parley/sdk';

const databaseName = 'parley-people';

/** Keeps what people are called between runs, so that names show without a connection. */
export class PeopleDirectory {
  private database: IDBDatabase | null = null;

  constructor(private readonly client: ParleyClient) {}

  /** Gives the client what was kept, where it knows nothing else, and keeps what it learns from now on. */
  async load(): Promise<void> {
    this.database = await open();
    const request = this.database.transaction('people').objectStore('people').getAll();
    const kept = await new Promise<Person[]>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const { people } = this.client;
    people.learn(kept.filter(({ id }) => !people.get(id)));
    this.client.on('people', (changed) => this.keep(changed));
  }

  async clear(): Promise<void> {
    this.database?.transaction('people', 'readwrite').objectStore('people').clear();
  }

  private keep(people: readonly Person[]): void {
    const store = this.database?.transaction('people', 'readwrite').objectStore('people');
    for (const person of people) store?.put(person);
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
