import type { ShownEntry } from '../entry-lines.ts';
import { wrap } from './wrap.ts';

/** One line of the screen. */
export interface ScreenLine {
  key: string;
  text: string;
  kind: 'author' | 'text' | 'notice' | 'waiting' | 'failed';
}

/** Entries as lines of at most `columns` cells; consecutive messages of an author have the name once. */
export function messageLines(entries: readonly ShownEntry[], columns: number): ScreenLine[] {
  const lines: ScreenLine[] = [];
  let author: string | null = null;
  for (const entry of entries) {
    if (entry.author === null) {
      lines.push(...wrapped(`— ${entry.text}`, columns, entry.key, 'notice'));
    } else {
      if (entry.author !== author) {
        lines.push({ key: `${entry.key} author`, text: `${entry.author}  ${entry.time}`, kind: 'author' });
      }
      const kind = entry.state === 'sent' ? 'text' : entry.state === 'failed' ? 'failed' : 'waiting';
      const suffix = { sent: '', queued: ' …', sending: ' …', failed: ' ✗ not sent: /retry' }[entry.state];
      lines.push(...wrapped(`${entry.text}${suffix}`, columns - 2, entry.key, kind, '  '));
    }
    author = entry.author;
  }
  return lines;
}

function wrapped(text: string, columns: number, key: string, kind: ScreenLine['kind'], indent = ''): ScreenLine[] {
  return wrap(text, Math.max(1, columns)).map((line, index) => ({ key: `${key} ${index}`, text: indent + line, kind }));
}
