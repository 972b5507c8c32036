import {
  type ClientFrame,
  type Conversation as ConversationData,
  type InputOf,
  type OperationId,
  operations,
  Problem,
  parseAnswer,
  type ResponseOf,
  type Schema,
  ServerFrame,
} from '@parley/protocol';
import { type ClientOptions, type ClientSocket, defaultRuntime, ParleyClient, type Runtime } from '@parley/sdk';
import { operationOf } from '../../src/checker/call-lines.ts';
import { knownConversation } from '../../src/checker/client-lines.ts';
import { ClientRecorder } from '../../src/checker/client-recorder.ts';
import type { Recorder } from '../../src/checker/recorder.ts';

/** A client that records what it sends, receives and shows, for the checker. */
export function recordedClient(recorder: Recorder, name: string, options: ClientOptions) {
  const recording = new ClientRecorder(recorder, name, () => client.account?.id);
  const runtime = recordedRuntime(options.runtime ?? defaultRuntime(), recording);
  const client: ParleyClient = new ParleyClient({ ...options, runtime });
  client.on('entry', (entry) => recording.record({ type: 'shown', entry }));
  client.on('skipped', ({ conversation, toSeq }) => {
    recording.record({ type: 'skipped', conversationId: conversation.id, toSeq });
  });
  client.on('restored', ({ conversation }) => {
    if (conversation) recording.record({ type: 'forgot', conversationId: conversation.id });
  });
  client.on('conversation', ({ conversation, removed }) => {
    if (removed) recording.record({ type: 'forgot', conversationId: conversation.id });
  });
  client.on('state', ({ name: state }) => {
    if (state !== 'live') return;
    const conversations = client.conversations
      .list()
      .map(({ data }: { data: ConversationData }) => knownConversation(data));
    recording.record({ type: 'caught_up', conversations });
  });
  return { client, recording };
}

/** Passes everything to `runtime`, and records the frames and calls. */
export function recordedRuntime(runtime: Runtime, recording: ClientRecorder): Runtime {
  return {
    ...runtime,
    fetch: (url, init) => recordedFetch(runtime, recording, url, init),
    openSocket: (url, subprotocol) => new RecordedSocket(runtime.openSocket(url, subprotocol), recording),
  };
}

async function recordedFetch(
  runtime: Runtime,
  recording: ClientRecorder,
  url: string,
  init: RequestInit,
): Promise<Response> {
  const { pathname, searchParams } = new URL(url);
  const operation = operationOf(init.method ?? 'GET', pathname);
  if (!operation) return runtime.fetch(url, init);
  const body = typeof init.body === 'string' ? (JSON.parse(init.body) as object) : {};
  // The input is what the client made the request of.
  const input = { ...operation.params, ...Object.fromEntries(searchParams), ...body } as InputOf<OperationId>;
  const end = recording.called(operation.id, input);
  try {
    const response = await runtime.fetch(url, init);
    const text = await response.text();
    const result = resultOf(operation.id, response, text);
    end(result);
    return new Response(response.status === 204 ? null : text, response);
  } catch (error) {
    end({ unknown: true });
    throw error;
  }
}

function resultOf(id: OperationId, response: Response, text: string) {
  if (response.status === 204) return { response: undefined as ResponseOf<OperationId> };
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return { unknown: true } as const;
  }
  if (!response.ok) {
    const problem = parseAnswer(Problem, answer);
    return problem ? { error: problem } : ({ unknown: true } as const);
  }
  const { response: schema } = operations[id] as { response?: Schema<ResponseOf<OperationId>> };
  const parsed = schema && parseAnswer(schema, answer);
  return parsed ? { response: parsed } : ({ unknown: true } as const);
}

/** A socket whose frames are recorded. The client sets its handlers before anything arrives. */
class RecordedSocket implements ClientSocket {
  onopen: ClientSocket['onopen'] = null;
  onmessage: ClientSocket['onmessage'] = null;
  onerror: ClientSocket['onerror'] = null;
  onclose: ClientSocket['onclose'] = null;
  private isClosedHere = false;
  private hasEnded = false;

  constructor(
    private readonly socket: ClientSocket,
    private readonly recording: ClientRecorder,
  ) {
    socket.onopen = (event) => this.onopen?.(event);
    socket.onerror = (event) => this.onerror?.(event);
    socket.onmessage = (event) => {
      const frame = this.hasEnded ? null : parseAnswer(ServerFrame, JSON.parse((event as { data: string }).data));
      if (frame) recording.received(frame);
      this.onmessage?.(event);
    };
    socket.onclose = (event) => {
      this.end();
      this.onclose?.(event);
    };
  }

  get readyState(): number {
    return this.socket.readyState;
  }

  get OPEN(): number {
    return this.socket.OPEN;
  }

  send(text: string): void {
    this.recording.sent(JSON.parse(text) as ClientFrame);
    this.socket.send(text);
  }

  close(): void {
    this.isClosedHere = true;
    this.end();
    this.socket.close();
  }

  /** From here on the client ignores what arrives. */
  private end(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.recording.closed(this.isClosedHere ? 'closed' : 'lost');
  }
}
