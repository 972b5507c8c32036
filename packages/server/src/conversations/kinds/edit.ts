import * as z from 'zod/mini';
import { amend } from '../amend.ts';
import { commandKind, onlyActor } from '../command-kind.ts';
import { refused } from '../verdict.ts';

export const edit = commandKind({
  feature: 'amendments',
  fields: {
    seq: z.int(),
    text: z.string(),
    /** When a server accepted the command, and the time limit for edits at that time; absent if there was none. */
    acceptedAtMs: z.int(),
    editWindowMs: z.optional(z.int()),
  },
  usersOf: onlyActor,
  messagesOf: ({ seq }) => [seq],
  amends: {},
  decide: (command, situation) => {
    const { text, acceptedAtMs, editWindowMs = Number.POSITIVE_INFINITY } = command;
    return amend(command, situation, { kind: 'edit', text }, ({ seq, atMs }) =>
      acceptedAtMs - atMs <= editWindowMs
        ? null
        : refused('edit_window_over', `Message ${seq} can be edited no longer: the limit is ${minutes(editWindowMs)}.`),
    );
  },
});

function minutes(windowMs: number): string {
  return `${(windowMs / 60_000).toLocaleString('en')} minutes after sending`;
}
