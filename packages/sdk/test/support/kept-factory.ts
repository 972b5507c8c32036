import { forceCloseDatabase, IDBFactory } from 'fake-indexeddb';

/** IndexedDB whose connections the test can end, as a browser does. */
export class KeptFactory extends IDBFactory {
  readonly opened: IDBDatabase[] = [];
  /** What opening fails with. */
  failure: DOMException | null = null;
  /** Requests are not told that they are blocked. */
  isSilent = false;

  override open(name: string, version?: number): IDBOpenDBRequest {
    if (this.failure) throw this.failure;
    const request = super.open(name, version);
    if (this.isSilent) request.addEventListener('blocked', (event) => event.stopImmediatePropagation());
    request.addEventListener('success', () => this.opened.push(request.result));
    return request;
  }

  /** Ends every connection; pages are told by `close`. */
  closeAll(): void {
    for (const database of this.opened.splice(0)) forceCloseDatabase(database as never);
  }

  /** Removes the database, as clearing the data of a site does; the pages that have it open are told. */
  remove(name: string): Promise<void> {
    const request = this.deleteDatabase(name);
    return new Promise((resolve, reject) => {
      request.onsuccess = () => resolve();
      request.onerror = () => reject(request.error);
    });
  }
}
