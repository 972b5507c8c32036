import { addressCharacter, isPair } from './address-characters.ts';
import { hostEnd } from './address-host.ts';
import { type TextReader, unitsOf } from './text-reader.ts';

export interface Address {
  start: number;
  end: number;
  href: string;
}

/** Delimiters: a component of an address begins after them. */
const partStarts = new Set([...'/?#&=-_+.,;:~|'].map((each) => each.codePointAt(0)));
const slash = 0x2f;
const at = 0x40;

/** The web addresses in a part of a text, without overlaps, in linear time. */
export function addressesIn(reader: TextReader, from: number, until: number): Address[] {
  const found: Address[] = [];
  let index = from;
  while (index < until) {
    const host = schemeEnd(reader, index);
    if (host < 0 || host >= until) {
      index++;
      continue;
    }
    const end = addressEnd(reader, host, until);
    const href = end.isAddress ? safeAddress(reader.text.slice(index, end.at)) : null;
    if (href !== null) found.push({ start: index, end: end.at, href });
    index = Math.max(host, end.at);
  }
  return found;
}

/** The end of `http://` or `https://` that begins here, or -1. */
function schemeEnd(reader: TextReader, start: number): number {
  const letter = (offset: number) => reader.at(start + offset) | 0x20;
  if (letter(0) !== 0x68 || letter(1) !== 0x74 || letter(2) !== 0x74 || letter(3) !== 0x70) return -1;
  const colon = letter(4) === 0x73 ? start + 5 : start + 4;
  const isScheme = reader.at(colon) === 0x3a && reader.at(colon + 1) === slash && reader.at(colon + 2) === slash;
  return isScheme ? colon + 3 : -1;
}

function addressEnd(reader: TextReader, start: number, until: number): { at: number; isAddress: boolean } {
  const authority = authorityEnd(reader, start, until);
  // A user name in front of the host could be mistaken for the host.
  const host = authority.hasUser ? null : hostEnd(reader, start, until);
  if (!host) return { at: authority.at, isAddress: false };
  return { at: host.isWhole ? tailEnd(reader, host.at, until) : host.at, isAddress: true };
}

function authorityEnd(reader: TextReader, from: number, until: number): { at: number; hasUser: boolean } {
  let index = from;
  let hasUser = false;
  while (index < until) {
    const code = reader.at(index);
    if (code === slash || code === 0x3f || code === 0x23 || addressCharacter(code) === 'end') break;
    hasUser ||= code === at;
    index += unitsOf(code);
  }
  return { at: index, hasUser };
}

/** Where path, query and fragment end. */
function tailEnd(reader: TextReader, from: number, until: number): number {
  const opened: number[] = [];
  if (from >= until || !'/?#'.includes(String.fromCodePoint(reader.at(from)))) return from;
  let index = from;
  let end = from;
  let before = -1;
  while (index < until) {
    const code = reader.at(index);
    const kind = isApostrophe(reader, code, index, until) ? 'part' : addressCharacter(code);
    if (kind === 'end' || (kind === 'symbol' && !isAfterPartStart(before))) break;
    index += unitsOf(code);
    if (kind === 'open') opened.push(code);
    else if (kind === 'close') {
      const opening = opened.pop();
      if (opening === undefined || !isPair(opening, code)) break;
    }
    if (kind === 'part' || kind === 'close' || kind === 'symbol' || isTag(code)) end = index;
    before = code;
  }
  return end;
}

function isAfterPartStart(before: number): boolean {
  return partStarts.has(before) || isJoiner(before) || addressCharacter(before) === 'symbol';
}

/** Whether a code point joins the code points of one emoji. */
function isJoiner(code: number): boolean {
  return code === 0x200d || code === 0xfe0f;
}

function isTag(code: number): boolean {
  return code >= 0xe0020 && code <= 0xe007f;
}

/** A closing quotation mark is an apostrophe before a Latin letter, as in French titles. */
function isApostrophe(reader: TextReader, code: number, index: number, until: number): boolean {
  if (code !== 0x2019 || index + 1 >= until) return false;
  return /\p{Script=Latin}/u.test(String.fromCodePoint(reader.at(index + 1)));
}

/** The normalised address; null unless it is a web address without a user name. */
function safeAddress(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const isWeb = url.protocol === 'https:' || url.protocol === 'http:';
  return isWeb && url.username === '' && url.password === '' ? url.href : null;
}
