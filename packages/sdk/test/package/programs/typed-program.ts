// What the compiler accepts and rejects in a project that uses the packages.
import { limits, type MessageEntry, operations, ServerFrame } from '@parley/protocol';
import { codePointLength } from '@parley/protocol/code-points';
import { isFoundBy } from '@parley/protocol/folding';
import { firstGrapheme } from '@parley/protocol/graphemes';
import { limits as sameLimits } from '@parley/protocol/limits';
import { shownName } from '@parley/protocol/names';
import {
  type ClientOptions,
  defaultRuntime,
  IndexedDbStore,
  MemoryStore,
  type ParleyClient,
  pagesOf,
  type Runtime,
  type Store,
} from '@parley/sdk';
import { WebSocket as WebSocketOfPackage } from 'ws';

export const options: ClientOptions = { url: 'http://localhost:8080', webSocket: WebSocketOfPackage };
export const withOwnSocket: ClientOptions = { url: 'http://localhost:8080', webSocket: WebSocket };
export const runtime: Runtime = defaultRuntime(WebSocketOfPackage);
export const stores: Store[] = [new MemoryStore(), new IndexedDbStore('chat')];

export function texts(client: ParleyClient): MessageEntry[] {
  const messages: MessageEntry[] = [];
  client.on('entry', (entry) => {
    if (entry.kind === 'message') messages.push(entry);
  });
  // @ts-expect-error: this event does not exist.
  client.on('message', () => undefined);
  // @ts-expect-error: the name of a conversation is a string.
  client.call('createChannel', { name: 1 });
  return messages;
}

export async function namesOf(client: ParleyClient): Promise<string[]> {
  const names: string[] = [];
  for await (const page of pagesOf(client, 'getHomepage', {})) {
    names.push(...page.conversations.map(({ name }) => name ?? ''));
  }
  return names;
}

export const isPong: boolean = ServerFrame.safeParse({ type: 'pong' }).data?.type === 'pong';
export const path: '/v1/homepage' = operations.getHomepage.path;
export const length: number = codePointLength(firstGrapheme(shownName('ana', '?'), sameLimits.frameBytes));
export const isFound: boolean = isFoundBy('Ana', 'an') && limits.frameBytes > 0;
