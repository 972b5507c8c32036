import type { ConnectionRegistry, RegistryPart } from '../../src/connections/registry-port.ts';

type Parts = Pick<ConnectionRegistry, 'parts'>;

/** Acquires the lease of a server in every part of the registry, as `ServerLease` does. */
export async function openServer({ parts }: Parts, serverId: string, leaseMs: number, level?: number): Promise<void> {
  await Promise.all(parts.map((part) => part.openServer(serverId, leaseMs, level)));
}

/** Renews the lease in every part. Returns whether all were valid. */
export async function renewLease({ parts }: Parts, serverId: string, leaseMs: number): Promise<boolean> {
  return (await Promise.all(parts.map((part) => part.renewLease(serverId, leaseMs)))).every(Boolean);
}

/** The generations of all parts. */
export async function generation({ parts }: Parts): Promise<string> {
  return (await Promise.all(parts.map((part) => part.generation()))).join(' ');
}

/** The part of a registry that is not divided: the registry in memory is its own part. */
export function onlyPart({ parts }: Parts): RegistryPart {
  const [part] = parts;
  if (!part || parts.length > 1) throw new Error(`the registry has ${parts.length} parts`);
  return part;
}
