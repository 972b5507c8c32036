import type { ChatSession } from '../chat-session.ts';

const begunWords = {
  edit: 'Enter saves, Esc leaves · editing',
  reply: 'Enter sends, Esc leaves · reply to',
  delete: '/confirm deletes, Esc leaves ·',
};

/** The line above the input box: what was begun, who types, or else the state of the connection and the keys. */
export function stateInWords(session: ChatSession, scrolled: number): string {
  const { begun } = session.amendments;
  if (begun) return `${begunWords[begun.kind]} ${begun.label}`;
  const typing = session.typingNames;
  if (typing.length > 0) return `${typing.join(', ')} ${typing.length === 1 ? 'is' : 'are'} typing …`;
  const more = scrolled > 0 ? ` · ${scrolled} lines further down` : '';
  return `${connection(session)}${more} · Tab next · PgUp history · Alt+Enter new line · /help · Ctrl+C quit`;
}

function connection({ client, isIntercepted }: ChatSession): string {
  const { state, retryInMs } = client;
  if (isIntercepted) return 'offline: a proxy or network requires you to sign in';
  switch (state.name) {
    case 'live':
      return 'online';
    case 'waiting':
      return `offline, retrying in ${Math.ceil((retryInMs ?? 0) / 1_000)} s`;
    case 'stopped':
      return `disconnected: ${state.reason}`;
    default:
      return state.name;
  }
}
