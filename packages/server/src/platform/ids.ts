import { createHash, randomBytes } from 'node:crypto';

/** The source of identifiers and secrets. */
export interface Ids {
  /** A UUIDv7 (RFC 9562): sorts by the time at which it was made. */
  uuid(): string;
  /** An opaque secret of 256 bits, base64url. */
  token(): string;
}

export const systemIds: Ids = {
  uuid: () => Bun.randomUUIDv7(),
  token: () => randomBytes(32).toString('base64url'),
};

/**
 * A UUID derived from its parts: the same parts always give the same id, on every server. UUIDv8 (RFC 9562) of the
 * first 122 bits of SHA-256 over the parts, each preceded by its length so that no two lists of parts read the same.
 */
export function derivedUuid(...parts: string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  const hex = hash.digest('hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** The hash under which a token is stored. A token of 256 random bits needs no salt and no slow hash. */
export function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
