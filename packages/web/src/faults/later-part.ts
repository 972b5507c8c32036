import { type ComponentType, lazy } from 'react';

const reopenedAt = 'parley.reopenedAtMs';
/** A page that was opened anew and lacks the part still is not opened over and over. */
const onceInMs = 30_000;

/**
 * A part of the page that is loaded when it first shows. When it can't be, but the server answers, that has a version
 * by now whose files are others: the page is opened anew. What was written stays, as after every reload.
 */
export function laterPart<Props>(load: () => Promise<{ default: ComponentType<Props> }>) {
  return lazy(() => load().catch(openAnew));
}

/** Rejects with `cause` when the page can't be opened anew, or just was. */
async function openAnew(cause: unknown): Promise<never> {
  const isRecent = Number(sessionStorage.getItem(reopenedAt)) > Date.now() - onceInMs;
  const answers = async () => (await fetch('/', { cache: 'no-store' })).ok;
  if (isRecent || !(await answers().catch(() => false))) throw cause;
  sessionStorage.setItem(reopenedAt, String(Date.now()));
  location.reload();
  return new Promise(() => undefined);
}
