import { afterAll, beforeAll, expect, test } from 'bun:test';
import { connect } from 'node:net';
import { RunningServer } from '../support/running-server.ts';
import { until } from '../support/until.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await RunningServer.start();
});
afterAll(() => server.stop());

/** Sends these lines, and returns the whole response. */
function answerTo(...lines: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    let text = '';
    socket.on('data', (data) => {
      text += data;
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
    socket.write([...lines, 'connection: close', '', ''].join('\r\n'));
  });
}

test('health is reported to a request without a Host header', async () => {
  expect(await answerTo('GET /livez HTTP/1.0')).toStartWith('HTTP/1.1 200');
  // A busy machine may take longer for a check than the server waits.
  const isReady = async () => (await answerTo('GET /readyz HTTP/1.0')).startsWith('HTTP/1.1 200');
  await until('the server is ready', isReady);
});

test('the API names the fault of a request with a missing or invalid Host header', async () => {
  for (const request of [
    ['GET /v1/server HTTP/1.0'],
    ['GET /v1/server HTTP/1.1', 'host: no host'],
    ['POST /v1/login HTTP/1.1', 'host: a:b:c', 'content-length: 0'],
  ]) {
    const answer = await answerTo(...request);
    expect(answer).toStartWith('HTTP/1.1 400');
    expect(answer).toContain('"code":"invalid_request"');
    expect(answer).toContain('Host');
  }
});
