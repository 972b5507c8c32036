import {
  ClientFrame,
  clientFrames,
  closeCodes,
  limits,
  ServerFrame,
  serverFrames,
  subprotocol,
} from '@parley/protocol';
import * as z from 'zod/mini';
import { clientFrameExamples, frameAnswers, serverFrameExamples } from './frame-examples.ts';

type FrameTable = Record<string, z.ZodMiniType>;

const channel = '#/channels/socket';

/**
 * The AsyncAPI 3 document of the socket, generated from the schemas that validate its traffic, from the server's side.
 */
export function asyncApiDocument(version: string) {
  const messages = {
    ...messagesOf(clientFrames, clientFrameExamples),
    ...messagesOf(serverFrames, serverFrameExamples),
  };
  return {
    asyncapi: '3.1.0',
    info: {
      title: 'Parley socket',
      version,
      description:
        `A WebSocket with the subprotocol \`${subprotocol}\`. Every frame is one JSON object in a text frame of at most ` +
        `${limits.frameBytes} bytes. The first is \`hello\`. A request with an \`id\` is answered under that id.`,
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    channels: {
      socket: {
        address: '/v1/socket',
        messages: Object.fromEntries(
          Object.keys(messages).map((name) => [name, { $ref: `#/components/messages/${name}` }]),
        ),
        bindings: { ws: { method: 'GET', bindingVersion: '0.1.0' } },
        description: closeCodesText(),
        'x-close-codes': closeCodes,
      },
    },
    operations: { ...receiving(), ...sending() },
    components: { messages, schemas: frameSchemas() },
  };
}

/** The id under which a frame's schema is registered. */
export function frameId(schema: z.ZodMiniType): string {
  const id = z.globalRegistry.get(schema)?.id;
  if (id === undefined) throw new Error('a frame has no id in the registry of schemas');
  return id;
}

function messagesOf(frames: FrameTable, examples: Record<string, unknown>) {
  return Object.fromEntries(
    Object.entries(frames).map(([type, schema]) => {
      const id = frameId(schema);
      return [
        id,
        {
          name: type,
          title: id,
          summary: z.globalRegistry.get(schema)?.description,
          payload: { $ref: `#/components/schemas/${id}` },
          correlationId: { location: '$message.payload#/id' },
          examples: [{ payload: examples[type] }],
        },
      ];
    }),
  );
}

/** The requests of clients, each with the frames that can answer it. */
function receiving() {
  return Object.fromEntries(
    (Object.keys(clientFrames) as (keyof typeof clientFrames)[]).map((type) => [
      type,
      {
        action: 'receive',
        channel: { $ref: channel },
        messages: [messageRef(clientFrames[type])],
        reply: {
          channel: { $ref: channel },
          messages: frameAnswers[type].map((answer) => messageRef(serverFrames[answer])),
        },
      },
    ]),
  );
}

/** Frames that the server sends unrequested: those that do not only answer requests. */
function sending() {
  const unasked = ['entry', 'read', 'typing', 'presence', 'user', 'conversation', 'resync', 'goaway'] as const;
  return {
    push: {
      action: 'send',
      channel: { $ref: channel },
      messages: unasked.map((type) => messageRef(serverFrames[type])),
    },
  };
}

function messageRef(schema: z.ZodMiniType) {
  return { $ref: `${channel}/messages/${frameId(schema)}` };
}

/** The schemas of all frames and of the types that they refer to. */
function frameSchemas(): Record<string, unknown> {
  const { $defs } = z.toJSONSchema(z.union([ClientFrame, ServerFrame]), { io: 'input' });
  return JSON.parse(JSON.stringify($defs).replaceAll('#/$defs/', '#/components/schemas/'));
}

function closeCodesText(): string {
  const lines = Object.values(closeCodes).map(({ code, meaning }) => `- ${code}: ${meaning}`);
  return ['Close codes. 4000–4099: reconnect at once. 4100–4199: later. 4200–4299: not until the cause is removed.']
    .concat(`- 1009, or none: A frame was larger than ${limits.frameBytes} bytes.`)
    .concat(lines)
    .join('\n');
}
