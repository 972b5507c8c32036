import { Refusal } from '../platform/failures.ts';

/**
 * Refuses requests from web pages of other origins: the browser of each visitor of such a page would send them, also to
 * a server that only the visitor's machine can reach. Browsers state the origin in Sec-Fetch-Site (to https and
 * localhost) and in Origin; other programs send neither, and add no credentials by themselves.
 */
export function refuseForeignOrigin({ headers, url }: Request, allowedOrigins: readonly string[]): void {
  const origin = headers.get('origin');
  if (origin !== null && allowedOrigins.includes(origin)) return;
  const site = headers.get('sec-fetch-site');
  const isOwn = site === null ? origin === null || hostOf(origin) === hostOf(url) : ownSites.has(site);
  if (isOwn) return;
  throw new Refusal('origin_not_allowed', `Web pages of ${origin ?? 'another origin'} may not use this server.`);
}

/** A page of this server, or an address that a person typed into the browser. */
const ownSites = new Set(['same-origin', 'none']);

const hostsOfThisMachine = new Set(['localhost', '127.0.0.1', '[::1]']);
const proxyHeaders = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip'];

/**
 * Whether a request was made on this machine: from a loopback address, to a loopback name, without a sign of a proxy,
 * and not by a page of another origin. The name of another host that resolves to this machine (DNS rebinding) is not a
 * loopback name.
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
