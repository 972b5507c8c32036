import { shownName } from '@parley/protocol/names';

/** What to call somebody: by their username where their display name shows nothing. */
export function personName({ displayName, username }: { displayName: string; username: string }): string {
  return shownName(displayName, username);
}
