import { shownName } from '@parley/protocol/names';

/** The display name, or the username if the display name has no visible character. */
export function personName({ displayName, username }: { displayName: string; username: string }): string {
  return shownName(displayName, username);
}
