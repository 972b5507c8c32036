import { expect, spyOn, test } from 'bun:test';
import { composeAdapters } from '../../src/compose/compose.ts';
import { Messaging } from '../../src/messaging/messaging.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { Unavailable } from '../../src/platform/failures.ts';
import { Server } from '../../src/process/server.ts';
import { loadConfig } from '../../src/settings/settings.ts';

/** Adapters in memory that record what is closed and in which order, and settings for a free port. */
async function recorded() {
  const config = loadConfig({ port: '0', data: ':memory:', 'drain-ms': '0' }, {});
  const adapters = await composeAdapters(config, systemClock);
  const closed: string[] = [];
  const { commandLog, mailboxes } = adapters;
  const [consume, open, close] = [commandLog.consume.bind(commandLog), mailboxes.open.bind(mailboxes), adapters.close];
  commandLog.consume = async (...given) => {
    const consumer = await consume(...given);
    const end = consumer.close.bind(consumer);
    consumer.close = async () => {
      await end();
      closed.push('consumer');
    };
    return consumer;
  };
  mailboxes.open = async (...given) => {
    const mailbox = await open(...given);
    const end = mailbox.close.bind(mailbox);
    mailbox.close = async () => {
      await end();
      closed.push('mailbox');
    };
    return mailbox;
  };
  adapters.close = async () => {
    await close();
    closed.push('adapters');
  };
  return { config, adapters, closed };
}

const everything = ['mailbox', 'consumer', 'adapters'];

test('a stop closes the parts, then the adapters, although the registry is unavailable', async () => {
  const { config, adapters, closed } = await recorded();
  const server = new Server(config, adapters);
  await server.start();
  adapters.registry.closeServer = async () => {
    throw new Unavailable('the registry is unavailable');
  };
  await server.stop();
  expect(closed).toEqual(everything);
});

test('a stop closes the parts and the adapters although its clients cannot be disconnected', async () => {
  const { config, adapters, closed } = await recorded();
  const server = new Server(config, adapters);
  await server.start();
  const drain = spyOn(Messaging.prototype, 'drain').mockRejectedValue(new Error('a client cannot be disconnected'));
  const stopping = server.stop();
  await expect(stopping).rejects.toThrow('a client cannot be disconnected');
  drain.mockRestore();
  expect(closed).toEqual(everything);
});

test('a server that cannot listen closes the parts that it started, and the adapters', async () => {
  using occupied = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response() });
  const { config, adapters, closed } = await recorded();
  const server = new Server({ ...config, host: '127.0.0.1', port: occupied.port ?? 0 }, adapters);
  await expect(server.start()).rejects.toThrow('cannot be listened on');
  expect(closed).toEqual(everything);
});

test('a server whose metrics cannot be listened on does not serve either', async () => {
  using occupied = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response() });
  const { config, adapters, closed } = await recorded();
  const metrics = { 'metrics-host': '127.0.0.1', 'metrics-port': occupied.port ?? 0 };
  const server = new Server({ ...config, ...metrics }, adapters);
  await expect(server.start()).rejects.toThrow('--metrics-host, --metrics-port');
  const { url } = server;
  await expect(fetch(`${url}/livez`)).rejects.toThrow();
  expect(closed).toEqual(everything);
});

test('a part that cannot start leaves nothing open', async () => {
  const { config, adapters, closed } = await recorded();
  adapters.commandLog.consume = async () => {
    throw new Unavailable('the log is unavailable');
  };
  await expect(new Server(config, adapters).start()).rejects.toThrow('the log is unavailable');
  expect(closed).toEqual(['mailbox', 'adapters']);
});
