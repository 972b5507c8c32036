/** How a character beside an emphasis marker affects whether the marker opens or closes an emphasis. */
type Neighbour =
  /** White space, or the start or end of the text. */
  | 'space'
  /** A letter of a script that separates words by spaces. */
  | 'letter'
  | 'digit'
  /** A letter or punctuation of a script that does not separate words, such as Chinese or Thai. */
  | 'unspaced'
  | 'open'
  | 'close'
  | 'stop'
  | 'quote'
  /** A character of another marker. */
  | 'marker'
  | 'slash'
  /** A character that names, variables and numbers begin with. */
  | 'sigil'
  | 'symbol'
  /** An emoji, code, or an invisible character. */
  | 'picture';

const asciiNeighbours = new Map<string, Neighbour>(
  Object.entries({
    open: '([{',
    close: ')]}',
    stop: '.,;:!?',
    quote: '"\'',
    marker: '*_~',
    slash: '/\\',
    sigil: '@#$&%^',
    symbol: '+-<=>|',
    picture: '`',
  } satisfies Partial<Record<Neighbour, string>>).flatMap(([kind, characters]) =>
    [...characters].map((character) => [character, kind as Neighbour] as const),
  ),
);

const unspaced =
  /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Bopo}\p{scx=Hang}\p{scx=Yiii}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmr}\p{scx=Mymr}\p{scx=Tibt}\uff01-\uff65]/v;

const invisible = /\p{Default_Ignorable_Code_Point}/u;

function neighbour(codePoint: number): Neighbour {
  if (codePoint < 0) return 'space';
  const character = String.fromCodePoint(codePoint);
  if (codePoint < 0x80) {
    if (/[a-z]/i.test(character)) return 'letter';
    if (/\d/.test(character)) return 'digit';
    return asciiNeighbours.get(character) ?? 'space';
  }
  if (/\s/.test(character)) return 'space';
  if (invisible.test(character) || codePoint === 0x20e3) return 'picture';
  if (unspaced.test(character)) return 'unspaced';
  if (/[\p{L}\p{M}]/u.test(character)) return 'letter';
  if (/\p{N}/u.test(character)) return 'digit';
  if (/[\p{Pi}\p{Pf}\u201a\u201e]/u.test(character)) return 'quote';
  if (/[\p{Ps}¡¿]/u.test(character)) return 'open';
  if (/\p{Pe}/u.test(character)) return 'close';
  if (/\p{Pd}/u.test(character)) return 'symbol';
  return /\p{P}/u.test(character) ? 'stop' : 'picture';
}

/** Whether emphasised text needs such a character: `*_*` and `^_^` are faces. */
export function isContent(codePoint: number): boolean {
  const kind = neighbour(codePoint);
  if (kind === 'picture') return codePoint >= 0x80 && !invisible.test(String.fromCodePoint(codePoint));
  return kind === 'letter' || kind === 'digit' || kind === 'unspaced';
}

export function isLetter(codePoint: number): boolean {
  return neighbour(codePoint) === 'letter';
}

/** What a run of markers can do, by the code points around it. */
export interface MarkerRole {
  opens: boolean;
  closes: boolean;
  /** It is between two letters, so that only letters may be between it and the other marker. */
  isInWord: boolean;
}

export interface MarkerContext {
  beforePrevious: number;
  previous: number;
  next: number;
  /** Whether the marker may be between two letters. */
  mayBeInWord: boolean;
  /** Whether the scripts without spaces count as those with spaces. */
  needsSpaces: boolean;
}

/**
 * The rules are those of CommonMark 0.31, section 6.2, made stricter, so that what people write without thinking of
 * formatting stays as it is: products (`2*3*4`), `snake_case`, paths, patterns (`*.ts`), comments, pointers and faces.
 */
export function markerRole(context: MarkerContext): MarkerRole {
  const [before, after] = [neighbourOf(context.previous, context), neighbourOf(context.next, context)];
  if (context.mayBeInWord && before === 'letter' && after === 'letter')
    return { opens: true, closes: true, isInWord: true };
  // A marker between two equal markers is a face.
  if (before === 'marker' && context.previous === context.next) return { opens: false, closes: false, isInWord: false };
  return { opens: opensBetween(before, after, context), closes: closesBetween(before, after), isInWord: false };
}

function neighbourOf(codePoint: number, { needsSpaces }: MarkerContext): Neighbour {
  const kind = neighbour(codePoint);
  return needsSpaces && kind === 'unspaced' && /[\p{L}\p{M}\p{N}]/u.test(String.fromCodePoint(codePoint))
    ? 'letter'
    : kind;
}

const betweenWords: readonly Neighbour[] = ['space', 'quote', 'marker', 'unspaced'];

function opensBetween(before: Neighbour, after: Neighbour, { previous, beforePrevious }: MarkerContext): boolean {
  const startsWord = [...betweenWords, 'open'].includes(before);
  if (['space', 'close', 'stop', 'slash'].includes(after)) return false;
  if ((after === 'symbol' || after === 'sigil') && !startsWord) return false;
  if (startsWord || before === 'picture') return true;
  // `/*` begins a comment, but `**a**/**b**` are two words.
  if (before === 'slash') return previous === 0x2f && neighbour(beforePrevious) === 'marker';
  // `.*` is a pattern.
  if (before === 'stop') return previous !== 0x2e;
  return before === 'symbol' && (after === 'letter' || after === 'digit' || after === 'unspaced');
}

function closesBetween(before: Neighbour, after: Neighbour): boolean {
  const endsWord = [...betweenWords, 'close', 'stop'].includes(after);
  if (['space', 'open', 'slash'].includes(before)) return false;
  if ((before === 'symbol' || before === 'sigil') && !endsWord) return false;
  if (after === 'open') return before !== 'close';
  return endsWord || after === 'picture' || after === 'slash' || after === 'symbol' || after === 'sigil';
}
