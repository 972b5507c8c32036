/** A WebSocket that says hello and then reads nothing, on a bare TCP connection. */
export class SlowReader {
  private constructor(private readonly socket: Bun.Socket<undefined>) {}

  static async connect(url: string, token: string): Promise<SlowReader> {
    const { port } = new URL(url);
    let upgraded: () => void = () => undefined;
    const welcome = new Promise<void>((resolve) => {
      upgraded = resolve;
    });
    let received = '';
    const socket = await Bun.connect({
      hostname: '127.0.0.1',
      port: Number(port),
      socket: {
        data: (_, data) => {
          received += data.toString('latin1');
          if (received.includes('"welcome"')) upgraded();
        },
        close: () => undefined,
      },
    });
    socket.write(
      'GET /v1/socket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n' +
        'Sec-WebSocket-Protocol: parley.v1\r\n\r\n',
    );
    socket.write(maskedText(JSON.stringify({ type: 'hello', token })));
    await welcome;
    socket.pause();
    return new SlowReader(socket);
  }

  end(): void {
    this.socket.end();
  }
}

/** A masked text frame, as clients have to send them, with a mask of zeros. */
function maskedText(text: string): Uint8Array {
  const payload = Buffer.from(text);
  return Buffer.concat([
    Buffer.from([0x81, 0x80 | 126, payload.length >> 8, payload.length & 0xff, 0, 0, 0, 0]),
    payload,
  ]);
}
