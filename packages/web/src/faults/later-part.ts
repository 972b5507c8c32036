import { type ComponentType, lazy } from 'react';
import { tabStorage } from '../preferences/browser-storage.ts';

/** The script that lacked a part when the page was last opened anew. */
const reopenedFrom = 'parley.reopenedFrom';

/**
 * A part of the page that is loaded when it first shows. When it can't be, but there is an answer, then the server has
 * another version with other files by now, or a proxy wants the person to sign in: the page is opened anew. What was
 * written stays, as after every reload.
 */
export function laterPart<Props>(load: () => Promise<{ default: ComponentType<Props> }>) {
  return lazy(() => load().catch(openAnew));
}

/** Rejects with `cause` when the page can't be opened anew, or was and is of the same version still. */
async function openAnew(cause: unknown): Promise<never> {
  const wasReopened = tabStorage.getItem(reopenedFrom) === import.meta.url;
  const answers = async () => (await fetch('/', { cache: 'no-store', redirect: 'manual' })).status < 500;
  if (wasReopened || !(await answers().catch(() => false))) throw cause;
  tabStorage.setItem(reopenedFrom, import.meta.url);
  location.reload();
  return new Promise(() => undefined);
}
