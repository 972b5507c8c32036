// What the bare servers read from the frames of the clients of the benchmarks, whose fields have a fixed order.
import { serverFrame } from '../net/websocket.ts';

export const welcomeText = '{"type":"welcome"}';
const senderId = '0198c5cf-0000-7000-8000-000000000000';

export function isPing(text: string): boolean {
  return text.startsWith('{"type":"ping"');
}

/** The number of a person is the end of the token. */
export function personOf(hello: string): number {
  return Number(/-(\d+)"/.exec(hello)?.[1]);
}

/** The texts of the ack and the entry of a message, in the form of Parley's. */
export class Numbering {
  private readonly heads = new Map<string, number>();

  answer(send: string): { ack: string; entry: string } {
    const [, id, conversationId, message] = /"id":"([^"]*)","conversationId":"([^"]*)",(.*)}$/.exec(send) ?? [];
    if (id === undefined || conversationId === undefined) throw new Error(`not a message: ${send}`);
    // Entry 1 is the creation of the conversation.
    const seq = (this.heads.get(conversationId) ?? 1) + 1;
    this.heads.set(conversationId, seq);
    const receipt = `"conversationId":"${conversationId}","seq":${seq},"messageCount":${seq - 1},"atMs":1767225600000`;
    return {
      ack: `{"type":"ack","id":"${id}","clientMessageId":"${id}",${receipt}}`,
      entry: `{"type":"entry","entry":{"kind":"message",${message},${receipt},"senderId":"${senderId}"}}`,
    };
  }

  answerFrames(send: string): { ack: Uint8Array; entry: Uint8Array } {
    const { ack, entry } = this.answer(send);
    return { ack: serverFrame(ack), entry: serverFrame(entry) };
  }
}
