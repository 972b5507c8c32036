import { common, createLowlight } from 'lowlight';
import { codePieces, type HighlightNode } from './code-pieces.ts';
import type { HighlightAnswer, HighlightRequest } from './highlighter.ts';

const lowlight = createLowlight(common);

addEventListener('message', ({ data }: MessageEvent<HighlightRequest>) => answer(piecesOf(data)));
answer('loaded');

function answer(value: HighlightAnswer): void {
  postMessage(value);
}

function piecesOf({ text, language }: HighlightRequest): HighlightAnswer {
  if (!lowlight.registered(language)) return null;
  // Only texts and elements are in the tree of a code.
  return codePieces(lowlight.highlight(language, text).children as HighlightNode[]);
}
