/** What the page needs to open, and a name that changes with any of it; the build puts both in. */
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
/** The part of a service worker's global scope that is used here; the library of types has pages' alone. */
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
/** Addresses that the server answers itself, page or not. */
const serverPaths = /^\/(?:v1|docs|livez|readyz)(?:\/|$)/;

on<LifetimeEvent>('install', (event) => {
  event.waitUntil(keepShell().then(() => scope.skipWaiting()));
});

on<LifetimeEvent>('activate', (event) => {
  event.waitUntil(removeOutdated().then(() => scope.clients.claim()));
});

on<FetchEvent>('fetch', (event) => {
  const { request } = event;
  const { origin, pathname, searchParams } = new URL(request.url);
  if (request.method !== 'GET' || origin !== location.origin || serverPaths.test(pathname)) return;
  // The person goes to sign in at the proxy: the kept page may not come first.
  if (searchParams.has('sign-in')) return;
  if (request.mode === 'navigate') event.respondWith(freshPage(request));
  else if (pathname.startsWith(assets) || SHELL_FILES.includes(pathname)) event.respondWith(kept(request));
});

on<NotificationClick>('notificationclick', (event) => {
  event.notification.close();
  const { path } = event.notification.data as { path: string };
  event.waitUntil(show(path));
});

/** Fails, and leaves the version before in place, when anything but the server answers. */
async function keepShell(): Promise<void> {
  const cache = await caches.open(SHELL_NAME);
  const keep = async (path: string) => {
    // What the browser has of a server that did not mark its answers yet is asked for again.
    const response = await fetch(path, { cache: 'no-cache' });
    if (!response.ok || !isOfServer(response)) throw new Error(`${path} was not answered by the server`);
    await cache.put(path, response);
  };
  await Promise.all([page, ...SHELL_FILES].map(keep));
}

/** The mark that the server puts on all of its answers. A proxy's own answers and redirects lack it. */
function isOfServer(response: Response): boolean {
  return response.headers.has('parley-server');
}

/** Whether a person has to see an answer: a page of the server, or of a proxy that answers in its place. */
function isToBeShown(response: Response): boolean {
  if (isOfServer(response)) return response.ok;
  // A proxy reports that the server is away by 500 and above; by 511 a network wants the person to sign in.
  return response.status < 500 || response.status === 511;
}

/** The answer when it comes soon, the kept page when it doesn't: opening waits for no network. */
async function freshPage(request: Request): Promise<Response> {
  const keptPage = await caches.match(page, { cacheName: SHELL_NAME });
  if (!keptPage) return fetch(request);
  const fresh = fetch(request).then((response) => (isToBeShown(response) ? response : keptPage));
  const late = new Promise<Response>((resolve) => setTimeout(() => resolve(keptPage), 300));
  return Promise.race([fresh.catch(() => keptPage), late]);
}

async function kept(request: Request): Promise<Response> {
  const inShell = await caches.match(request.url, { cacheName: SHELL_NAME });
  return inShell ?? (await caches.match(request.url)) ?? fetch(request);
}

/** The version before stays: its pages are still open, and load parts of themselves when they are first shown. */
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
