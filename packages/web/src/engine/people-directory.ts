import { IndexedDatabase, type ParleyClient, type Person } from '@parley/sdk';

/**
 * Keeps what people are called between runs, so that names show without a connection. Those that can't be kept, or read,
 * are asked for again: it is the client that says when nothing is stored.
 */
export class PeopleDirectory {
  private readonly database = new IndexedDatabase('parley-people', [
    (database) => void database.createObjectStore('people', { keyPath: 'id' }),
  ]);

  constructor(private readonly client: ParleyClient) {}

  /** Gives the client what was kept, where it knows nothing else, and keeps what it learns from now on. */
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
