import { markedName, shownName } from '@parley/protocol/names';
import { locale } from './strings.ts';

/** The display name, marked if it mixes scripts; the username if the display name has no visible character. */
export function personName({ displayName, username }: { displayName: string; username: string }): string {
  return markedName(shownName(displayName, username), locale());
}
