import type { udp } from 'bun';

const typeA = 1;
const headerBytes = 12;

/** A name server for tests: answers with the IPv4 addresses that were set. */
export class NameServer {
  private readonly addresses = new Map<string, readonly string[]>();

  private constructor(private readonly socket: udp.Socket<'buffer'>) {}

  static async start(): Promise<NameServer> {
    // Set once the socket is open, which is before the first query.
    let server: NameServer | null = null;
    const socket = await Bun.udpSocket({
      hostname: '127.0.0.1',
      socket: {
        data: (from, query, port, address) => {
          if (server) from.send(server.answer(query), port, address);
        },
      },
    });
    server = new NameServer(socket);
    return server;
  }

  get address(): string {
    return `127.0.0.1:${this.socket.port}`;
  }

  tell(name: string, addresses: readonly string[]): void {
    this.addresses.set(name, addresses);
  }

  async stop(): Promise<void> {
    this.socket.close();
  }

  /** RFC 1035, 4.1: the question, then one record for each address. */
  private answer(query: Buffer): Buffer {
    const labels: string[] = [];
    let at = headerBytes;
    for (let size = query.readUInt8(at); size > 0; size = query.readUInt8(at)) {
      labels.push(query.toString('ascii', at + 1, at + 1 + size));
      at += 1 + size;
    }
    const type = query.readUInt16BE(at + 1);
    const question = query.subarray(headerBytes, at + 5);
    const found = type === typeA ? (this.addresses.get(labels.join('.')) ?? []) : [];
    const header = Buffer.from([0, 0, 0x85, 0x80, 0, 1, 0, found.length, 0, 0, 0, 0]);
    query.copy(header, 0, 0, 2);
    const records = found.map((address) =>
      Buffer.from([0xc0, headerBytes, 0, typeA, 0, 1, 0, 0, 0, 1, 0, 4, ...address.split('.').map(Number)]),
    );
    return Buffer.concat([header, question, ...records]);
  }
}
