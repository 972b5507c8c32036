import type { ConversationId, Entry } from '@parley/protocol';
import type { Store, StoredConversation, StoredMessage, StoredSession } from './store.ts';

const version = 1;
const sessionKey = 'session';

/** Keeps everything in the browser's IndexedDB, for each server and account its own database. */
export class IndexedDbStore implements Store {
  private readonly opened: Promise<IDBDatabase>;

  /** @param name the database's name: choose one for each server. */
  constructor(name: string, factory: IDBFactory = indexedDB) {
    this.opened = open(name, factory);
  }

  async session(): Promise<StoredSession | null> {
    const session: StoredSession | undefined = await this.read('values', (values) => values.get(sessionKey));
    return session ?? null;
  }

  async setSession(session: StoredSession | null): Promise<void> {
    await this.write('values', (values) => (session ? values.put(session, sessionKey) : values.delete(sessionKey)));
  }

  conversations(): Promise<StoredConversation[]> {
    return this.read('conversations', (conversations) => conversations.getAll());
  }

  async putConversation(conversation: StoredConversation): Promise<void> {
    await this.write('conversations', (conversations) => conversations.put(conversation));
  }

  async deleteConversation(conversationId: ConversationId): Promise<void> {
    await this.write('entries', (entries) => entries.delete(rangeOf(conversationId)));
    await this.write('conversations', (conversations) => conversations.delete(conversationId));
  }

  async putEntries(_conversationId: ConversationId, entries: readonly Entry[]): Promise<void> {
    await this.write('entries', (kept) => {
      for (const entry of entries) kept.put(entry);
    });
  }

  async entries(conversationId: ConversationId, page: { before?: number; limit: number }): Promise<Entry[]> {
    const database = await this.opened;
    const store = database.transaction('entries').objectStore('entries');
    const newestFirst = store.openCursor(rangeOf(conversationId, page.before), 'prev');
    const entries: Entry[] = [];
    return new Promise((resolve, reject) => {
      newestFirst.onerror = () => reject(newestFirst.error);
      newestFirst.onsuccess = () => {
        const cursor = newestFirst.result;
        if (!cursor || entries.length === page.limit) {
          resolve(entries.reverse());
          return;
        }
        entries.push(cursor.value as Entry);
        cursor.continue();
      };
    });
  }

  async outbox(): Promise<StoredMessage[]> {
    const messages: StoredMessage[] = await this.read('outbox', (outbox) => outbox.getAll());
    return messages.sort((a, b) => a.order - b.order);
  }

  async putOutbox(message: StoredMessage): Promise<void> {
    await this.write('outbox', (outbox) => outbox.put(message));
  }

  async deleteOutbox(clientMessageId: string): Promise<void> {
    await this.write('outbox', (outbox) => outbox.delete(clientMessageId));
  }

  async clear(): Promise<void> {
    for (const name of ['values', 'conversations', 'entries', 'outbox'] as const) {
      await this.write(name, (store) => store.clear());
    }
  }

  private async read<Value>(name: string, ask: (store: IDBObjectStore) => IDBRequest<Value>): Promise<Value> {
    const database = await this.opened;
    const request = ask(database.transaction(name).objectStore(name));
    return new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  }

  /** Resolves when the transaction is complete. */
  private async write(name: string, change: (store: IDBObjectStore) => unknown): Promise<void> {
    const database = await this.opened;
    const transaction = database.transaction(name, 'readwrite', { durability: 'strict' });
    change(transaction.objectStore(name));
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onerror = () => reject(transaction.error);
      transaction.onabort = () => reject(transaction.error);
    });
  }
}

function rangeOf(conversationId: ConversationId, before = Number.MAX_SAFE_INTEGER): IDBKeyRange {
  return IDBKeyRange.bound([conversationId, 0], [conversationId, before], false, true);
}

function open(name: string, factory: IDBFactory): Promise<IDBDatabase> {
  const request = factory.open(name, version);
  request.onupgradeneeded = () => {
    request.result.createObjectStore('values');
    request.result.createObjectStore('conversations', { keyPath: 'conversation.id' });
    request.result.createObjectStore('entries', { keyPath: ['conversationId', 'seq'] });
    request.result.createObjectStore('outbox', { keyPath: 'clientMessageId' });
  };
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
