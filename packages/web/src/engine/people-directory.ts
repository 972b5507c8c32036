import { IndexedDatabase, type ParleyClient, type Person } from '@parley/sdk';

/**
 * Stores the names of people, so that they show without a connection. Failures are ignored: names can be looked up
 * again, and the client reports when the browser stores nothing.
 */
export class PeopleDirectory {
  private readonly database = new IndexedDatabase('parley-people', [
    (database) => void database.createObjectStore('people', { keyPath: 'id' }),
  ]);

  constructor(private readonly client: ParleyClient) {}

  /** Passes stored names to the client, and stores the names that it learns from now on. */
  async load(): Promise<void> {
    const { people } = this.client;
    this.client.on('people', (changed) => void this.keep(changed));
    const read = this.database.run(['people'], 'readonly', (transaction) => {
      const request: IDBRequest<Person[]> = transaction.objectStore('people').getAll();
      return () => request.result;
    });
    const kept = await read.catch(() => []);
    people.learn(kept.filter(({ id }) => !people.get(id)));
  }

  clear(): Promise<void> {
    return this.write((people) => people.clear());
  }

  private keep(changed: readonly Person[]): Promise<void> {
    return this.write((people) => {
      for (const person of changed) people.put(person);
    });
  }

  private async write(change: (people: IDBObjectStore) => unknown): Promise<void> {
    const written = this.database.run(['people'], 'readwrite', (transaction) => {
      change(transaction.objectStore('people'));
      return () => undefined;
    });
    await written.catch(() => undefined);
  }
}
