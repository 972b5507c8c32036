import type { ConversationId, Entry } from '@parley/protocol';
import { later } from './entry-versions.ts';
import { IndexedDatabase, type LayoutStep } from './indexed-database.ts';
import type { Store, StoredAmendment, StoredConversation, StoredMessage, StoredSession, StoreNotice } from './store.ts';

const layout: readonly LayoutStep[] = [
  (database) => {
    database.createObjectStore('values');
    database.createObjectStore('conversations', { keyPath: 'conversation.id' });
    database.createObjectStore('entries', { keyPath: ['conversationId', 'seq'] });
    database.createObjectStore('outbox', { keyPath: 'clientMessageId' });
  },
  (database) => {
    database.createObjectStore('amendments', { keyPath: 'amendmentId' });
  },
];
const clearedStores = ['conversations', 'entries', 'outbox', 'amendments'];
const sessionKey = 'session';
const deviceSecretsKey = 'deviceSecrets';

/** Keeps all data in an IndexedDB database of the browser. */
export class IndexedDbStore implements Store {
  private readonly database: IndexedDatabase;

  /** @param name the name of the database. Use one name for each server. */
  constructor(name: string, factory?: IDBFactory) {
    this.database = new IndexedDatabase(name, layout, factory);
  }

  onNotice(run: (notice: StoreNotice) => void): void {
    this.database.onNotice(run);
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
      for (const run of runsOf(entries)) {
        const before: IDBRequest<Entry[]> = kept.getAll(rangeOfRun(run));
        before.onsuccess = () => {
          const known = new Map(before.result.map((entry) => [entry.seq, entry]));
          for (const entry of run) kept.put(later(entry, known.get(entry.seq)));
        };
      }
    });
  }

  async reviseEntries(
    conversationId: ConversationId,
    seqs: readonly number[],
    revise: (entry: Entry) => Entry,
  ): Promise<void> {
    await this.write('entries', (kept) => {
      for (const seq of seqs) {
        const before: IDBRequest<Entry | undefined> = kept.get([conversationId, seq]);
        before.onsuccess = () => before.result && kept.put(revise(before.result));
      }
    });
  }

  async amendments(): Promise<StoredAmendment[]> {
    const amendments: StoredAmendment[] = await this.read('amendments', (kept) => kept.getAll());
    return amendments.sort((a, b) => a.order - b.order);
  }

  async putAmendment(amendment: StoredAmendment): Promise<void> {
    await this.write('amendments', (kept) => kept.put(amendment));
  }

  async deleteAmendment(amendmentId: string): Promise<void> {
    await this.write('amendments', (kept) => kept.delete(amendmentId));
  }

  async entries(conversationId: ConversationId, page: { before?: number; limit: number }): Promise<Entry[]> {
    return this.database.run(['entries'], 'readonly', (transaction) => {
      const store = transaction.objectStore('entries');
      const newestFirst = store.openCursor(rangeOf(conversationId, page.before), 'prev');
      const entries: Entry[] = [];
      newestFirst.onsuccess = () => {
        const cursor = newestFirst.result;
        if (!cursor || entries.length === page.limit) return;
        entries.push(cursor.value as Entry);
        cursor.continue();
      };
      return () => entries.reverse();
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

  async deviceSecrets(): Promise<readonly string[]> {
    const secrets: readonly string[] | undefined = await this.read('values', (values) => values.get(deviceSecretsKey));
    return secrets ?? [];
  }

  async setDeviceSecrets(secrets: readonly string[]): Promise<void> {
    await this.write('values', (values) => values.put(secrets, deviceSecretsKey));
  }

  async clear(): Promise<void> {
    await this.database.run(['values', ...clearedStores], 'readwrite', (transaction) => {
      transaction.objectStore('values').delete(sessionKey);
      for (const name of clearedStores) transaction.objectStore(name).clear();
      return () => undefined;
    });
  }

  private read<Value>(name: string, ask: (store: IDBObjectStore) => IDBRequest<Value>): Promise<Value> {
    return this.database.run([name], 'readonly', (transaction) => {
      const request = ask(transaction.objectStore(name));
      return () => request.result;
    });
  }

  /** If the disk is full, deletes entries, which the server has too, and writes again. */
  private async write(name: string, change: (store: IDBObjectStore) => unknown): Promise<void> {
    try {
      await this.change(name, change);
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== 'QuotaExceededError') throw error;
      await this.change('entries', (entries) => entries.clear());
      await this.change(name, change);
    }
  }

  private change(name: string, change: (store: IDBObjectStore) => unknown): Promise<void> {
    return this.database.run([name], 'readwrite', (transaction) => {
      change(transaction.objectStore(name));
      return () => undefined;
    });
  }
}

/** Divides entries of a conversation into runs of consecutive numbers: one request reads a run. */
function runsOf(entries: readonly Entry[]): Entry[][] {
  const runs: Entry[][] = [];
  for (const entry of entries) {
    const run = runs.at(-1);
    if (run && run.at(-1)?.seq === entry.seq - 1) run.push(entry);
    else runs.push([entry]);
  }
  return runs;
}

function rangeOfRun(run: readonly Entry[]): IDBKeyRange {
  const keyOf = (entry: Entry | undefined) => [entry?.conversationId ?? '', entry?.seq ?? 0];
  return IDBKeyRange.bound(keyOf(run[0]), keyOf(run.at(-1)));
}

function rangeOf(conversationId: ConversationId, before = Number.MAX_SAFE_INTEGER): IDBKeyRange {
  return IDBKeyRange.bound([conversationId, 0], [conversationId, before], false, true);
}
