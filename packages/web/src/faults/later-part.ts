import { type ComponentType, lazy } from 'react';
import { tabStorage } from '../preferences/browser-storage.ts';

/** The key under which a tab stores the script that it reloaded the page for. */
const reloadedFrom = 'parley.reloadedFrom';

/**
 * A part of the page that is loaded when it is first shown. If loading fails although something answers, the server has
 * another version with other files, or a proxy wants the person to sign in: the page is reloaded. Drafts are kept.
 */
export function laterPart<Props>(load: () => Promise<{ default: ComponentType<Props> }>) {
  return lazy(() => load().catch(reload));
}

/** Reloads the page. Rejects with `cause` if nothing answers, or if a reload brought the same version again. */
async function reload(cause: unknown): Promise<never> {
  const wasReloaded = tabStorage.getItem(reloadedFrom) === import.meta.url;
  const answers = async () => (await fetch('/', { cache: 'no-store', redirect: 'manual' })).status < 500;
  if (wasReloaded || !(await answers().catch(() => false))) throw cause;
  tabStorage.setItem(reloadedFrom, import.meta.url);
  location.reload();
  return new Promise(() => undefined);
}
