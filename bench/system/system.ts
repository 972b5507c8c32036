import type { Person } from './people.ts';

export type Shape = 'embedded' | 'cluster';

/** The server processes that a benchmark measures. */
export interface System {
  name: string;
  url: string;
  port: number;
  /** The ports that clients are spread over, person by person. */
  ports: readonly number[];
  people: Person[];
  /** The process ids of each role. */
  processes(): Record<string, number[]>;
  /** Resident bytes of the process that holds the sockets. */
  residentBytes(): number;
  stop(): Promise<void>;
}

/** A system whose stored bytes can be measured. */
export interface StoringSystem extends System {
  /** Bytes that were written to disk since the start of the system, by what wrote them. */
  writtenBytes(): Promise<Record<string, number>>;
  /** Bytes on disk. Stops and starts the server, so that its log is empty: connections are closed. */
  storedBytes(): Promise<number>;
}
