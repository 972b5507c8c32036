import { forceCloseDatabase, IDBFactory } from 'fake-indexeddb';

/** An IndexedDB whose connections the test can close, like a browser. */
export class KeptFactory extends IDBFactory {
  readonly opened: IDBDatabase[] = [];
  /** The error with which opening fails. */
  failure: DOMException | null = null;
  /** Whether requests get no `blocked` event. */
  isSilent = false;

  override open(name: string, version?: number): IDBOpenDBRequest {
    if (this.failure) throw this.failure;
    const request = super.open(name, version);
    if (this.isSilent) request.addEventListener('blocked', (event) => event.stopImmediatePropagation());
    request.addEventListener('success', () => this.opened.push(request.result));
    return request;
  }

  /** Closes all connections, which get a `close` event. */
  closeAll(): void {
    for (const database of this.opened.splice(0)) forceCloseDatabase(database as never);
  }

  /** Deletes the database, like clearing site data. Open connections get an event. */
  remove(name: string): Promise<void> {
    const request = this.deleteDatabase(name);
    return new Promise((resolve, reject) => {
      request.onsuccess = () => resolve();
      request.onerror = () => reject(request.error);
    });
  }
}
