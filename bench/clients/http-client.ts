// A client process that uses the HTTP API, some requests at a time.
import { Latencies } from '../measure/latencies.ts';
import { answerCalls } from './worker.ts';

export interface HttpPhase {
  url: string;
  /** How many requests are on their way at once. */
  atOnce: number;
  requests: { method: 'GET' | 'POST'; path: string; token?: string; body?: object }[];
}

interface Page {
  conversations: unknown[];
  nextCursor: string | null;
}

const calls = {
  /** Sends the requests in order. Every one must succeed. */
  async send({ url, atOnce, requests }: HttpPhase): Promise<string> {
    const latencies = new Latencies();
    let next = 0;
    const work = async () => {
      for (let request = requests[next++]; request; request = requests[next++]) {
        const { method, path, token, body } = request;
        const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
        const startMs = performance.now();
        const answer = await fetch(url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
        const text = await answer.text();
        latencies.add(performance.now() - startMs);
        if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text}`);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    return latencies.encode();
  },
  /** Reads all pages of the homepage, some times. The latencies are those of the first page, and of all of them. */
  async readHomepage({ url, token, times }: { url: string; token: string; times: number }) {
    const [first, all] = [new Latencies(), new Latencies()];
    let [conversations, pages] = [0, 0];
    for (let time = 0; time < times; time++) {
      const startMs = performance.now();
      conversations = 0;
      for (let cursor: string | null = ''; cursor !== null; pages++) {
        const query = cursor === '' ? '' : `?cursor=${encodeURIComponent(cursor)}`;
        const answer = await fetch(`${url}/v1/homepage${query}`, { headers: { authorization: `Bearer ${token}` } });
        if (!answer.ok) throw new Error(`the homepage answered ${answer.status}: ${await answer.text()}`);
        const page = (await answer.json()) as Page;
        if (cursor === '') first.add(performance.now() - startMs);
        conversations += page.conversations.length;
        cursor = page.nextCursor;
      }
      all.add(performance.now() - startMs);
    }
    return { first: first.encode(), all: all.encode(), conversations, pages };
  },
};
export type HttpCalls = typeof calls;
answerCalls(calls);
