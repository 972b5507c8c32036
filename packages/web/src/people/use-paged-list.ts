import { useCallback, useEffect, useRef, useState } from 'react';
import { failureText } from '../chat/failure-text.ts';

const pageSize = 50;
const pageMax = 200;

export interface PageRequest {
  cursor?: string;
  limit: number;
}

interface Page<Item> {
  items: readonly Item[];
  nextCursor: string | null;
}

export interface PagedList<Item> {
  /** Null until the server has answered. */
  items: readonly Item[] | null;
  /** Shows the next page; null when there is none. */
  more: (() => void) | null;
  /** Reads the items that are shown again. */
  refresh(): void;
  /** Why the last request failed; empty if it did not. */
  failure: string;
}

interface Shown<Item> {
  items: readonly Item[];
  cursor: string | null;
}

const nothing: Shown<never> = { items: [], cursor: null };

/**
 * A list that the server returns in pages, from its start to the last page that was requested.
 *
 * @param load reads a page; a new function means a new list. Null: the list is empty.
 * @param options.settleMs how long `load` must stay the same before the first page is read.
 * @param options.version when it changes, the items that are shown are read again.
 */
export function usePagedList<Item extends { id: string }>(
  load: ((page: PageRequest) => Promise<Page<Item>>) | null,
  { settleMs = 0, version = 0 }: { settleMs?: number; version?: number | undefined } = {},
): PagedList<Item> {
  const [shown, setShown] = useState<Shown<Item> | null>(null);
  const [failure, setFailure] = useState('');
  const reading = useRef({ turn: 0, extent: pageSize, shown: nothing as Shown<Item>, isStale: true, isBusy: false });

  const run = useCallback(async () => {
    const state = reading.current;
    const turn = ++state.turn;
    if (!load) return;
    let { items, cursor } = state.isStale ? (nothing as Shown<Item>) : state.shown;
    setFailure('');
    state.isBusy = true;
    try {
      do {
        const limit = Math.min(pageMax, Math.max(pageSize, state.extent - items.length));
        const page = await load(cursor === null ? { limit } : { cursor, limit });
        if (turn !== state.turn) return;
        const known = new Set(items.map(({ id }) => id));
        items = [...items, ...page.items.filter(({ id }) => !known.has(id))];
        cursor = page.nextCursor;
      } while (cursor !== null && items.length < state.extent);
      Object.assign(state, { shown: { items, cursor }, isStale: false, isBusy: false });
      setShown({ items, cursor });
    } catch (error) {
      if (turn !== state.turn) return;
      state.isBusy = false;
      setFailure(failureText(error));
      setShown((before) => before ?? nothing);
    }
  }, [load]);

  useEffect(() => {
    const state = reading.current;
    Object.assign(state, { extent: pageSize, shown: nothing, isStale: true, isBusy: false });
    setShown(null);
    const timer = setTimeout(() => void run(), settleMs);
    return () => {
      clearTimeout(timer);
      state.turn++;
    };
  }, [run, settleMs]);

  const refresh = useCallback(() => {
    reading.current.isStale = true;
    void run();
  }, [run]);
  const before = useRef({ run, version });
  useEffect(() => {
    // A new list is read anyway.
    const isOutdated = before.current.run === run && before.current.version !== version;
    before.current = { run, version };
    if (isOutdated) refresh();
  }, [run, version, refresh]);
  const more = () => {
    reading.current.extent = reading.current.shown.items.length + pageSize;
    // A read that is running continues to the new extent.
    if (!reading.current.isBusy) void run();
  };
  return { items: shown?.items ?? null, more: shown && shown.cursor !== null ? more : null, refresh, failure };
}
