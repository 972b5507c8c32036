/** The maximum nesting of JSON; the protocol needs three levels. */
export const jsonDepthMax = 32;
/** Members of objects and elements of arrays, all levels together: the largest frame of the protocol has about 650. */
export const jsonMembersMax = 2_000;
/** Names of members, all objects together: the largest frame of the protocol has 93. */
export const jsonNamesMax = 100;

/** A text that is not JSON, or exceeds a bound. The message says why. */
export class BadJson extends Error {
  override name = 'BadJson';
}

/**
 * Parses JSON after checking the bounds of its structure, so that neither the parser nor a validator builds more than a
 * request needs, whatever its size in bytes. Throws {@link BadJson}.
 */
export function parseBoundedJson(text: string): unknown {
  checkStructure(text);
  try {
    return mayHaveLengths(text) ? JSON.parse(text, withoutComposedLength) : JSON.parse(text);
  } catch (cause) {
    throw new BadJson('not JSON', { cause });
  }
}

/** Whether a member may be named `length`, also if the name is escaped. */
function mayHaveLengths(text: string): boolean {
  return text.includes('length') || text.includes('\\u');
}

/**
 * Replaces the `length` of a value by null if it is an object: the validator compares it with bounds, even if the value
 * has the wrong type, and comparing `{"toString":1}` throws. No field of the protocol has this name.
 */
function withoutComposedLength(name: string, value: unknown): unknown {
  return name === 'length' && typeof value === 'object' ? null : value;
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;

/** Counts brackets, commas and colons outside of strings; skips strings at the speed of `indexOf`. */
function checkStructure(text: string): void {
  let depth = 0;
  let members = 0;
  let names = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case quote:
        at = endOfString(text, at);
        break;
      case comma:
        if (++members >= jsonMembersMax) throw new BadJson(`made of more than ${jsonMembersMax} members`);
        break;
      case colon:
        if (++names > jsonNamesMax) throw new BadJson(`made of more than ${jsonNamesMax} named members`);
        break;
      case 0x5b:
      case 0x7b:
        if (++depth > jsonDepthMax) throw new BadJson(`nested deeper than ${jsonDepthMax} levels`);
        break;
      case 0x5d:
      case 0x7d:
        depth--;
    }
  }
}

/** The end of the string that begins at `start`; the end of the text when the string is not closed. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(at - 1 - backslashes) === backslash) backslashes++;
  return backslashes % 2 === 1;
}
