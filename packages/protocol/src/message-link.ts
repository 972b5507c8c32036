/** What a link of a server's web client leads to: a conversation, or one of its entries. */
export interface MessageLink {
  /** The address of the server, without a slash at its end. */
  server: string;
  conversationId: string;
  /** The number of the entry as the link has it, see {@link entryNumber}. Undefined in the link of a conversation. */
  number: string | undefined;
}

/** The permanent link of an entry. */
export function messageLink(server: string, conversationId: string, seq: number): string {
  return `${server.replace(/\/+$/, '')}/c/${conversationId}/${seq}`;
}

/** Parses the link of a conversation or of an entry. Null for every other text. */
export function readMessageLink(link: string): MessageLink | null {
  const [, server, conversationId, number] =
    /^(https?:\/\/[^/?#]+)\/c\/([\w-]+)(?:\/([^/?#]+))?\/?(?:[?#].*)?$/.exec(link.trim()) ?? [];
  return server === undefined || conversationId === undefined ? null : { server, conversationId, number };
}

/** The number of an entry. Null for a text that can't be one. */
export function entryNumber(text: string): number | null {
  const seq = Number(text);
  return /^[1-9][0-9]*$/.test(text) && Number.isSafeInteger(seq) ? seq : null;
}
