import { useEffect, useReducer } from 'react';
import type { CodePiece } from './code-pieces.ts';
import { type CodeWorker, Highlighter } from './highlighter.ts';

/** The path of the worker's script, which the build defines. */
declare const HIGHLIGHT_SCRIPT: string;

const highlighter = new Highlighter(
  // The types of a worker's messages are known here only.
  () => new Worker(HIGHLIGHT_SCRIPT, { type: 'module', name: 'parley-highlight' }) as CodeWorker,
  (delayMs, call) => {
    const timer = setTimeout(call, delayMs);
    return () => clearTimeout(timer);
  },
);

/** The colours of code; null until they are known, and for code in no language or one that is not known. */
export function useHighlighting(text: string, language: string): CodePiece[] | null {
  const known = language === '' ? null : highlighter.known({ text, language });
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const isAwaited = known === undefined;
  useEffect(() => {
    if (isAwaited) highlighter.highlight({ text, language }).then(() => redraw(), reportError);
  }, [isAwaited, text, language]);
  return known ?? null;
}
