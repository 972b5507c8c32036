/** A piece of a message's text. Together they are the text, but for the marks around code. */
export type MessagePart =
  | { kind: 'text'; text: string }
  | { kind: 'link'; text: string; href: string }
  | { kind: 'code'; text: string }
  | { kind: 'block'; text: string };

const codeBlock = /```(?:[\w+-]{0,20}\n)?([\s\S]+?)```/gu;
const inline = /`([^`\n]+)`|https?:\/\/[^\s<>"`\u202a-\u202e\u2066-\u2069]+/giu;
/** What ends a sentence after an address, rather than the address. */
const trailing = /[.,;:!?'"»”’…،؛؟]+$/u;

/** The parts of a text: code kept as it was written, addresses of web pages, and everything else. */
export function messageParts(text: string): MessagePart[] {
  const parts: MessagePart[] = [];
  let from = 0;
  for (const match of text.matchAll(codeBlock)) {
    parts.push(...inlineParts(text.slice(from, match.index).replace(/\n$/, '')));
    parts.push({ kind: 'block', text: (match[1] ?? '').replace(/\n$/, '') });
    from = match.index + match[0].length;
    if (text[from] === '\n') from++;
  }
  parts.push(...inlineParts(text.slice(from)));
  return parts;
}

function inlineParts(text: string): MessagePart[] {
  const parts: MessagePart[] = [];
  let from = 0;
  const add = (part: MessagePart, start: number, end: number) => {
    if (start > from) parts.push({ kind: 'text', text: text.slice(from, start) });
    parts.push(part);
    from = end;
  };
  for (const match of text.matchAll(inline)) {
    const [whole, code] = match;
    if (code !== undefined) {
      add({ kind: 'code', text: code }, match.index, match.index + whole.length);
      continue;
    }
    const address = withoutTrailing(whole);
    const href = safeAddress(address);
    if (href) add({ kind: 'link', text: address, href }, match.index, match.index + address.length);
  }
  if (from < text.length) parts.push({ kind: 'text', text: text.slice(from) });
  return parts;
}

function withoutTrailing(address: string): string {
  const trimmed = address.replace(trailing, '');
  const isUnpaired = trimmed.endsWith(')') && trimmed.split('(').length < trimmed.split(')').length;
  return isUnpaired ? withoutTrailing(trimmed.slice(0, -1)) : trimmed;
}

/** Where a link may lead: to a page on the web, without a name and password in front that pass for a host. */
function safeAddress(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const isWeb = url.protocol === 'https:' || url.protocol === 'http:';
  return isWeb && url.username === '' && url.password === '' ? url.href : null;
}

/** Whether a text is a few emoji and nothing else: those show larger. */
export function isEmojiAlone(text: string): boolean {
  return text.length <= 32 && /^(?:\p{RGI_Emoji}\s*){1,5}$/v.test(text);
}
