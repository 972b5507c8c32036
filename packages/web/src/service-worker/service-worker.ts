/** The files that the page needs to open, and a name that changes with any of them. The build defines both. */
declare const SHELL_FILES: readonly string[];
declare const SHELL_NAME: string;

interface LifetimeEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface FetchEvent extends LifetimeEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
interface NotificationClick extends LifetimeEvent {
  readonly notification: Notification;
}
interface WindowClient {
  readonly url: string;
  focus(): Promise<WindowClient>;
  navigate(url: string): Promise<WindowClient>;
}
/** The part of a service worker's global scope that is used here. TypeScript's DOM library only has that of pages. */
interface ServiceWorkerScope extends EventTarget {
  skipWaiting(): Promise<void>;
  clients: {
    claim(): Promise<void>;
    matchAll(options: { type: 'window'; includeUncontrolled: boolean }): Promise<WindowClient[]>;
    openWindow(url: string): Promise<WindowClient | null>;
  };
}
const scope = self as unknown as ServiceWorkerScope;
const page = '/';
const assets = '/assets/';
/** Paths that are never answered from the cache. */
const serverPaths = /^\/(?:v1|docs|livez|readyz)(?:\/|$)/;

on<LifetimeEvent>('install', (event) => {
  event.waitUntil(cacheShell().then(() => scope.skipWaiting()));
});

on<LifetimeEvent>('activate', (event) => {
  event.waitUntil(removeOutdated().then(() => scope.clients.claim()));
});

on<FetchEvent>('fetch', (event) => {
  const { request } = event;
  const { origin, pathname, searchParams } = new URL(request.url);
  if (request.method !== 'GET' || origin !== location.origin || serverPaths.test(pathname)) return;
  // The person is on the way to a proxy's sign-in page, so the cached page must not be shown instead.
  if (searchParams.has('sign-in')) return;
  if (request.mode === 'navigate') event.respondWith(freshOrCachedPage(request));
  else if (pathname.startsWith(assets) || SHELL_FILES.includes(pathname)) event.respondWith(cached(request));
});

on<NotificationClick>('notificationclick', (event) => {
  event.notification.close();
  const { path } = event.notification.data as { path: string };
  event.waitUntil(show(path));
});

/** Caches the page and its files. Rejects, and so keeps the previous version, if anything but the server answers. */
async function cacheShell(): Promise<void> {
  const cache = await caches.open(SHELL_NAME);
  const add = async (path: string) => {
    // `no-cache`: the HTTP cache may have responses of an earlier server, which did not mark them.
    const response = await fetch(path, { cache: 'no-cache' });
    if (!response.ok || !isOfServer(response)) throw new Error(`${path} was not answered by the server`);
    await cache.put(path, response);
  };
  await Promise.all([page, ...SHELL_FILES].map(add));
}

/** Whether a response has the header that the server sets on all responses. Those of a proxy lack it. */
function isOfServer(response: Response): boolean {
  return response.headers.has('parley-server');
}

/** Whether to show a response: a page of the server, or of a proxy that answers in its place. */
function isToBeShown(response: Response): boolean {
  if (isOfServer(response)) return response.ok;
  // A proxy reports by 500 and above that the server is down; a network requests by 511 that the person signs in.
  return response.status < 500 || response.status === 511;
}

/** The response if it arrives in time, or else the cached page: opening the page does not wait for the network. */
async function freshOrCachedPage(request: Request): Promise<Response> {
  const cachedPage = await caches.match(page, { cacheName: SHELL_NAME });
  if (!cachedPage) return fetch(request);
  const fresh = fetch(request).then((response) => (isToBeShown(response) ? response : cachedPage));
  const late = new Promise<Response>((resolve) => setTimeout(() => resolve(cachedPage), 300));
  return Promise.race([fresh.catch(() => cachedPage), late]);
}

async function cached(request: Request): Promise<Response> {
  const inShell = await caches.match(request.url, { cacheName: SHELL_NAME });
  return inShell ?? (await caches.match(request.url)) ?? fetch(request);
}

/** Removes all versions except this and the previous one, whose pages may be open and load further parts. */
async function removeOutdated(): Promise<void> {
  const others = (await caches.keys()).filter((name) => name !== SHELL_NAME);
  await Promise.all(others.slice(0, -1).map((name) => caches.delete(name)));
}

async function show(path: string): Promise<void> {
  const [open] = await scope.clients.matchAll({ type: 'window', includeUncontrolled: true });
  if (open) await (await open.focus()).navigate(path);
  else await scope.clients.openWindow(path);
}

function on<Kind extends Event>(name: string, handler: (event: Kind) => void): void {
  scope.addEventListener(name, (event) => handler(event as Kind));
}
