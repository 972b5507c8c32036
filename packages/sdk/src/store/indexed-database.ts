import type { StoreNotice } from './store.ts';

declare global {
  // The declarations of this package use these names, which compilers without browser types do not have. With browser
  // types, these empty declarations add nothing.
  interface IDBDatabase {}
  interface IDBFactory {}
  interface IDBTransaction {}
}

/**
 * A step from one version of the layout to the next. Runs in the transaction of the upgrade. Steps are appended and
 * never changed, because browsers have databases of all earlier versions. A step only adds, because open pages of
 * earlier versions continue to use the database.
 */
export type LayoutStep = (database: IDBDatabase, upgrade: IDBTransaction) => void;

/** After these errors the connection to the database is unusable; a new one may work. */
const closedErrors = ['InvalidStateError', 'AbortError', 'UnknownError', 'NotFoundError', 'TransactionInactiveError'];

/** While the browser removes data, it fails to open the database, or closes it again. */
const attemptsMax = 4;

/** The delay after which a pending upgrade is checked: Firefox does not always report that it is blocked. */
const upgradeCheckMs = 2_000;

/**
 * An IndexedDB database that is opened when needed and reopened when the browser closed it: because of lack of space,
 * in the background on a phone, or because the user cleared site data.
 */
export class IndexedDatabase {
  private opening: Promise<IDBDatabase> | null = null;
  private current: IDBDatabase | null = null;
  private wasOpen = false;
  /** How often it was reopened without a transaction in between: reopening stops when the browser keeps closing it. */
  private reopened = 0;
  private notify: (notice: StoreNotice) => void = () => undefined;

  /** @param steps the layout. The version of the database is the number of steps. */
  constructor(
    private readonly name: string,
    private readonly steps: readonly LayoutStep[],
    private readonly factory?: IDBFactory,
  ) {}

  /** Calls `run` when something else affects the database. `lost`: it was deleted and created again, empty. */
  onNotice(run: (notice: StoreNotice) => void): void {
    this.notify = run;
  }

  /**
   * Runs a transaction. `work` makes requests and returns a function that is called when the transaction is complete;
   * resolves with the value of that function. Retries if the database was closed. Rejects if the database cannot be
   * opened or the transaction fails.
   */
  async run<Value>(
    names: string[],
    mode: 'readonly' | 'readwrite',
    work: (transaction: IDBTransaction) => () => Value,
  ): Promise<Value> {
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
    work: (transaction: IDBTransaction) => () => Value,
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
    const database = await this.request(this.steps.length).catch((error: unknown) => {
      if (!(error instanceof DOMException) || error.name !== 'VersionError') throw error;
      // A later version upgraded it. Everything that this version needs still exists.
      return this.request();
    });
    this.current = database;
    database.onclose = () => this.closed(database);
    database.onversionchange = ({ newVersion }) => {
      // The database will be deleted, or upgraded by a page of a later version. Both wait until this connection closes.
      if (newVersion === null) {
        this.closed(database);
      } else {
        this.forget(database);
        this.notify('newer');
      }
    };
    return database;
  }

  /** @param version the existing version if absent. */
  private request(version?: number): Promise<IDBDatabase> {
    const factory = this.factory ?? globalThis.indexedDB;
    if (!factory) return Promise.reject(new Error('this browser has no IndexedDB'));
    return new Promise((resolve, reject) => {
      const request = factory.open(this.name, version);
      let isNew = false;
      let isBlocked = false;
      const block = () => {
        if (isBlocked) return;
        isBlocked = true;
        this.notify('blocked');
      };
      // Firefox sends no `blocked` when one page keeps the database open and another closes it after that.
      const check = setTimeout(async () => {
        const found = (await factory.databases?.().catch(() => []))?.find(({ name }) => name === this.name);
        if (request.readyState === 'pending' && version && found?.version && found.version < version) block();
      }, upgradeCheckMs);
      request.onupgradeneeded = ({ oldVersion }) => {
        clearTimeout(check);
        isNew = oldVersion === 0;
        const { result, transaction } = request;
        if (transaction) for (const step of this.steps.slice(oldVersion)) step(result, transaction);
      };
      // Another page keeps it open: of an earlier version, or suspended. The request succeeds when that page closes.
      request.onblocked = block;
      const ended = () => {
        clearTimeout(check);
        if (isBlocked) this.notify('opened');
      };
      request.onerror = () => {
        ended();
        reject(request.error);
      };
      request.onsuccess = () => {
        ended();
        if (isNew && this.wasOpen) this.notify('lost');
        this.wasOpen = true;
        resolve(request.result);
      };
    });
  }

  /** Reopens it at once, so that lost data can be written again before the page is closed. */
  private closed(database: IDBDatabase): void {
    this.forget(database);
    if (this.reopened++ < attemptsMax) this.reopen().catch(() => undefined);
  }

  /** A failure is not reported, because the next use of the database fails in the same way. */
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

function isClosed(error: unknown): boolean {
  return error instanceof DOMException && closedErrors.includes(error.name);
}
