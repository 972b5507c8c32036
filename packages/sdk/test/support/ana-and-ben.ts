import { afterAll, afterEach, beforeAll, beforeEach } from 'bun:test';
import { type Person, RunningServer } from '../../../server/test/support/running-server.ts';
import type { Conversation, ParleyClient } from '../../src/index.ts';
import { device, somebody } from './people.ts';
import { until } from './until.ts';

/** Two users on one server, each with a live client. Each test has its own users. */
export class AnaAndBen {
  /** More clients to close after the test. */
  readonly more: ParleyClient[] = [];

  private constructor(
    readonly server: RunningServer,
    readonly anaPerson: Person,
    readonly benPerson: Person,
    readonly ana: ParleyClient,
    readonly ben: ParleyClient,
  ) {}

  /** Prepares the tests of a file. The returned function returns the users of the running test. */
  static ofEachTest(): () => AnaAndBen {
    let server: RunningServer;
    let current: AnaAndBen;
    beforeAll(async () => {
      server = await RunningServer.start();
    });
    afterAll(() => server.stop());
    beforeEach(async () => {
      const [anaPerson, benPerson] = await Promise.all([somebody(server, 'ana'), somebody(server, 'ben')]);
      const [ana, ben] = await Promise.all([device(server, anaPerson), device(server, benPerson)]);
      current = new AnaAndBen(server, anaPerson, benPerson, ana, ben);
    });
    afterEach(() => {
      for (const client of [current.ana, current.ben, ...current.more]) client.close();
    });
    return () => current;
  }

  /** A group of both users, as each client has it. */
  async group(): Promise<{ room: Conversation; bens: Conversation }> {
    const room = await this.ana.conversations.createGroup({ name: 'room', userIds: [this.benPerson.account.id] });
    return { room, bens: await until(this.ben, () => this.ben.conversations.get(room.id)) };
  }
}
