/**
 * A version of a database's layout: what it adds to the one before. Runs within the upgrade's transaction. Steps are
 * appended, never changed: browsers have databases of every earlier version.
 */
export type LayoutStep = (database: IDBDatabase, upgrade: IDBTransaction) => void;

/** After these errors the connection to the database is unusable; a new one may work. */
const closedErrors = ['InvalidStateError', 'AbortError', 'UnknownError', 'NotFoundError', 'TransactionInactiveError'];

/** While the browser removes data, it fails to open the database, or closes it again. */
const attemptsMax = 4;

/**
 * An IndexedDB database that is opened when it is needed, and again when the browser closed it: for want of space, in
 * the background of a phone, or because a person cleared what sites stored.
 */
export class IndexedDatabase {
  private opening: Promise<IDBDatabase> | null = null;
  private current: IDBDatabase | null = null;
  private wasOpen = false;
  /** How often it was reopened without a transaction in between: reopening stops when the browser keeps closing it. */
  private reopened = 0;
  private lost: () => void = () => undefined;

  /** @param steps its layout: the version of the database is how many there are. */
  constructor(
    private readonly name: string,
    private readonly steps: readonly LayoutStep[],
    private readonly factory?: IDBFactory,
  ) {}

  /** Calls `run` when the database had been open, was deleted, and was created again empty. */
  onLost(run: () => void): void {
    this.lost = run;
  }

  /**
   * Resolves, when the transaction is complete, with what the function that `work` returned gives. Tried again when the
   * database turns out to be closed; rejects when it can't be opened or the transaction fails.
   */
  async run<Value>(names: string[], mode: 'readonly' | 'readwrite', work: Work<Value>): Promise<Value> {
    for (let attempt = 1; ; attempt++) {
      let database: IDBDatabase | null = null;
      try {
        database = await this.open();
        return await this.transact(database, names, mode, work);
      } catch (error) {
        if (!isClosed(error) || attempt === attemptsMax) throw error;
        if (database) this.forget(database);
      }
    }
  }

  private async transact<Value>(
    database: IDBDatabase,
    names: string[],
    mode: 'readonly' | 'readwrite',
    work: Work<Value>,
  ): Promise<Value> {
    const transaction = database.transaction(names, mode, { durability: 'strict' });
    const value = work(transaction);
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      // A browser that closes the database gives no reason.
      transaction.onabort = () =>
        reject(transaction.error ?? new DOMException('the database was closed', 'AbortError'));
    });
    this.reopened = 0;
    return value();
  }

  private open(): Promise<IDBDatabase> {
    if (!this.opening) {
      const opening = this.connect();
      this.opening = opening;
      opening.catch(() => {
        if (this.opening === opening) this.opening = null;
      });
    }
    return this.opening;
  }

  private async connect(): Promise<IDBDatabase> {
    const factory = this.factory ?? globalThis.indexedDB;
    if (!factory) throw new Error('this browser has no IndexedDB');
    const request = factory.open(this.name, this.steps.length);
    let isNew = false;
    request.onupgradeneeded = ({ oldVersion }) => {
      isNew = oldVersion === 0;
      const { result, transaction } = request;
      if (transaction) for (const step of this.steps.slice(oldVersion)) step(result, transaction);
    };
    // While a page of an earlier version, which is told so, keeps the database open, this waits: `blocked` ends nothing.
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    this.current = database;
    database.onclose = () => this.closed(database);
    database.onversionchange = ({ newVersion }) => {
      // To be deleted, or to be upgraded by a page of a later version, after which this one can't open it any more.
      if (newVersion === null) this.closed(database);
      else this.forget(database);
    };
    if (isNew && this.wasOpen) this.lost();
    this.wasOpen = true;
    return database;
  }

  /** Reopens it at once, so that lost data can be written again before the page is closed. */
  private closed(database: IDBDatabase): void {
    this.forget(database);
    if (this.reopened++ < attemptsMax) this.reopen().catch(() => undefined);
  }

  /** Its failure needs no report: the next use of the database fails in the same way. */
  private async reopen(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.open();
        return;
      } catch (error) {
        if (!isClosed(error) || attempt === attemptsMax) throw error;
      }
    }
  }

  private forget(database: IDBDatabase): void {
    database.close();
    if (this.current !== database) return;
    this.current = null;
    this.opening = null;
  }
}

/** Makes requests within a transaction; the returned function is called when the transaction is complete. */
type Work<Value> = (transaction: IDBTransaction) => () => Value;

function isClosed(error: unknown): boolean {
  return error instanceof DOMException && closedErrors.includes(error.name);
}
