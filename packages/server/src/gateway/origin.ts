import { Refusal } from '../platform/failures.ts';

/**
 * Refuses requests that a web page of another origin makes: the browser of each visitor of that page would send them,
 * also to a server that only the visitor's machine reaches. Browsers say where a request comes from by Sec-Fetch-Site
 * (to https and localhost) and by Origin; other programs send neither, and carry nobody's credentials by themselves.
 */
export function refuseForeignOrigin({ headers, url }: Request, allowedOrigins: readonly string[]): void {
  const origin = headers.get('origin');
  if (origin !== null && allowedOrigins.includes(origin)) return;
  const site = headers.get('sec-fetch-site');
  const isOwn = site === null ? origin === null || hostOf(origin) === hostOf(url) : ownSites.has(site);
  if (isOwn) return;
  throw new Refusal('origin_not_allowed', `Web pages of ${origin ?? 'another origin'} may not use this server.`);
}

/** The page of this server itself, and what a person typed into the address bar. */
const ownSites = new Set(['same-origin', 'none']);

const hostsOfThisMachine = new Set(['localhost', '127.0.0.1', '[::1]']);
const proxyHeaders = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip'];

/**
 * Whether a request was made at this machine: from loopback, to a name of loopback, by nothing that says it is a proxy,
 * and not by a page from elsewhere. A name of another host that leads here (DNS rebinding) is none of loopback's.
 */
export function isFromThisMachine({ headers, url }: Request, peer: string): boolean {
  const origin = headers.get('origin');
  return (
    isLoopback(peer) &&
    hostsOfThisMachine.has(URL.parse(url)?.hostname ?? '') &&
    (origin === null || hostsOfThisMachine.has(URL.parse(origin)?.hostname ?? '')) &&
    proxyHeaders.every((name) => !headers.has(name))
  );
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}

function hostOf(url: string): string | null {
  return URL.parse(url)?.host ?? null;
}
