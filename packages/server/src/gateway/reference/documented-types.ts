import { clientFrames, serverFrames } from '@parley/protocol';
import * as z from 'zod/mini';
import { frameId } from './asyncapi.ts';

export interface DocumentedType {
  name: string;
  schema: z.core.JSONSchema.BaseSchema;
}

/** The named types of the protocol, by name, without those that have a section of their own: frames and the problem. */
export function documentedTypes(): DocumentedType[] {
  const elsewhere = new Set(['Problem', ...[clientFrames, serverFrames].flatMap(Object.values).map(frameId)]);
  const { schemas } = z.toJSONSchema(z.globalRegistry, { uri: (id) => `#/$defs/${id}`, io: 'input' });
  return Object.entries(schemas)
    .filter(([name]) => !elsewhere.has(name))
    .map(([name, schema]) => ({ name, schema }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}
