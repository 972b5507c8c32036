import { expect, test } from 'bun:test';
import { limits } from '@parley/protocol';
import { MemoryStore, ParleyError } from '../../src/index.ts';
import { roomId } from '../support/entries.ts';
import { FakeApi } from '../support/fake-api.ts';
import { idle } from '../support/idle.ts';

// JSON has two characters for each quotation mark, UTF-8 four bytes for each of the emoji.
const texts = { letters: 'x'.repeat(70_000), 'quotation marks': '"'.repeat(33_000), emoji: '😀'.repeat(17_000) };

for (const [name, text] of Object.entries(texts)) {
  test(`a text of ${name} that is too large for a frame fails, and the next message is sent`, async () => {
    const api = new FakeApi();
    api.write(roomId);
    const store = new MemoryStore();
    const client = await api.client(store);
    client.connect();
    await api.accept();
    const room = client.conversations.get(roomId);
    const tooLarge = room?.send(text);
    const next = room?.send('next');
    await idle();
    expect([tooLarge?.status, tooLarge?.failure?.code, next?.status]).toEqual(['failed', 'invalid_request', 'sending']);
    expect(tooLarge?.failure?.message).toContain(String(limits.frameBytes));
    await expect(tooLarge?.sent()).rejects.toBeInstanceOf(ParleyError);
    expect(api.runtime.socket.of('send').map((frame) => frame['text'])).toEqual(['next']);
    expect((await store.outbox()).map(({ failure }) => failure?.code)).toEqual(['invalid_request', undefined]);
    await api.runtime.pass(15_000);
    expect(tooLarge?.status).toBe('failed');
  });
}
