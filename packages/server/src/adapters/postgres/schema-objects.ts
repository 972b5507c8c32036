import { amendmentIndexes } from './amendment-tables.ts';
import { readIndexes } from './read-indexes.ts';

/**
 * The objects of the schema beside its tables, which `adapters/rows/tables.ts` lists; a test compares both with a
 * schema made by the steps.
 */
export const indexes: readonly { name: string; isUnique: boolean }[] = [
  { name: 'channels_by_term', isUnique: false },
  { name: 'members', isUnique: false },
  { name: 'entry_commands', isUnique: true },
  { name: 'bans_by_seq', isUnique: true },
  { name: 'broadcast_memberships', isUnique: false },
  { name: 'read_revisions', isUnique: false },
  { name: 'users_by_name', isUnique: false },
  { name: 'users_by_term', isUnique: false },
  ...[...readIndexes, ...amendmentIndexes].map(({ name }) => ({ name, isUnique: false })),
];

export const triggers: readonly string[] = ['stamp_new_read_position', 'stamp_moved_read_position'];

export const functions: readonly string[] = [
  'served',
  'all_writable',
  'writable',
  'fence',
  'apply_changes',
  'apply_batch',
  'as_decided',
  'stamp_read_position',
];
