// The part of RFC 6455 that the clients and the bare servers of the benchmarks need.

export const opcodes = { text: 1, close: 8, ping: 9, pong: 10 } as const;

const encoder = new TextEncoder();

export const upgradeRequest = encoder.encode(
  'GET /v1/socket HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n' +
    'Sec-WebSocket-Protocol: parley.v1\r\n\r\n',
);

/** The answer to `upgradeRequest`. */
export const upgradeResponse = encoder.encode(
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
    'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: parley.v1\r\n\r\n',
);

/** A frame as clients send it. Its mask is zero, so that its payload can be changed in place. */
export function clientFrame(payload: string | Uint8Array, opcode: number = opcodes.text): Uint8Array {
  const bytes = typeof payload === 'string' ? encoder.encode(payload) : payload;
  const header = headerOf(bytes.length, opcode, 0x80);
  return Buffer.concat([header, new Uint8Array(4), bytes]);
}

/** A frame as servers send it. */
export function serverFrame(payload: string): Uint8Array {
  const bytes = encoder.encode(payload);
  return Buffer.concat([headerOf(bytes.length, opcodes.text, 0), bytes]);
}

function headerOf(length: number, opcode: number, mask: number): Uint8Array {
  if (length < 126) return Uint8Array.of(0x80 | opcode, mask | length);
  if (length < 65_536) return Uint8Array.of(0x80 | opcode, mask | 126, length >> 8, length & 0xff);
  const header = new Uint8Array(10);
  header.set([0x80 | opcode, mask | 127]);
  new DataView(header.buffer).setBigUint64(2, BigInt(length));
  return header;
}

/** Position of the first byte after the head of an HTTP message; -1 if it is not complete. */
export function endOfHead(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at + 4 <= end; at++) {
    if (bytes[at] === 13 && bytes[at + 1] === 10 && bytes[at + 2] === 13 && bytes[at + 3] === 10) return at + 4;
  }
  return -1;
}

type OnFrame = (opcode: number, start: number, end: number) => void;

/**
 * Calls `onFrame` for each complete frame, with the bounds of its payload. Returns the position of the first byte that
 * belongs to no complete frame. Masks must be zero, and messages in one frame each.
 */
export function readFrames(bytes: Uint8Array, start: number, end: number, onFrame: OnFrame): number {
  let at = start;
  while (end - at >= 2) {
    const second = bytes[at + 1] as number;
    let length = second & 0x7f;
    let payload = at + 2;
    if (length === 126) {
      if (end - at < 4) break;
      length = ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
      payload = at + 4;
    } else if (length === 127) {
      if (end - at < 10) break;
      // Frames of 4 GiB and more do not occur.
      length = 0;
      for (let byte = at + 6; byte < at + 10; byte++) length = length * 256 + (bytes[byte] as number);
      payload = at + 10;
    }
    if (second & 0x80) payload += 4;
    if (end - payload < length) break;
    const first = bytes[at] as number;
    if (!(first & 0x80)) throw new Error('a message in several frames is not supported');
    onFrame(first & 0x0f, payload, payload + length);
    at = payload + length;
  }
  return at;
}
