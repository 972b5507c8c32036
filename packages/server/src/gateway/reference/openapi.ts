import {
  type ErrorCode,
  errors,
  type Operation,
  type OperationId,
  operations,
  operationTexts,
  Problem,
  sharedErrors,
} from '@parley/protocol';
import {
  createDocument,
  type ZodOpenApiHeadersObject,
  type ZodOpenApiOperationObject,
  type ZodOpenApiOverride,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi';
import { bodyBytesMax } from '../body-size.ts';
import { operationExamples } from './operation-examples.ts';
import { requestParts } from './request-parts.ts';
import { tags } from './tags.ts';

export type OpenApiDocument = ReturnType<typeof createDocument>;

/** The OpenAPI 3.1 document of the HTTP API, generated from the schemas that validate its traffic. */
export function openApiDocument(version: string): OpenApiDocument {
  const paths: ZodOpenApiPathsObject = {};
  for (const [id, operation] of Object.entries(operations) as [OperationId, Operation][]) {
    paths[operation.path] = { ...paths[operation.path], [operation.method.toLowerCase()]: described(id, operation) };
  }
  return createDocument(
    {
      openapi: '3.1.0',
      info: {
        title: 'Parley',
        version,
        summary: 'The HTTP API of a self-hosted chat server',
        description:
          'Messages also travel over the WebSocket at `/v1/socket`, which `/v1/asyncapi.json` describes. ' +
          'The reference for people is at `/docs`.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/' }],
      tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
      paths,
      components: {
        schemas: { Problem },
        securitySchemes: {
          session: {
            type: 'http',
            scheme: 'bearer',
            description: 'The token from the response of `signup` or `login`.',
          },
        },
      },
    },
    { override: openToNewFields },
  );
}

/** Later versions add fields to answers, which today's validators must accept. */
const openToNewFields: ZodOpenApiOverride = ({ jsonSchema, zodSchema, io }) => {
  const { def } = zodSchema._zod;
  if (io === 'output' && def.type === 'object' && !def.catchall) delete jsonSchema.additionalProperties;
};

function described(id: OperationId, operation: Operation): ZodOpenApiOperationObject {
  const { tag, access, params, query, headers, body } = operation;
  const { summary, description } = operationTexts[id];
  const example = operationExamples[id];
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    security: access === 'public' ? [] : [{ session: [] }],
    requestParams: {
      ...(params ? { path: params } : {}),
      ...(query ? { query } : {}),
      ...(headers ? { header: headers } : {}),
    },
    ...(body
      ? {
          requestBody: {
            required: true,
            description: `At most ${bodyBytesMax(body).toLocaleString('en')} bytes.`,
            content: { 'application/json': { schema: body, example: requestParts(operation, example.input).body } },
          },
        }
      : {}),
    responses: { ...success(operation, example.response), ...refusals(operation) },
  };
}

function success({ status, response }: Operation, example: unknown): ZodOpenApiResponsesObject {
  if (!response) return { [status]: { description: 'Done.' } };
  return { [status]: { description: 'Done.', content: { 'application/json': { schema: response, example } } } };
}

function refusals(operation: Operation): ZodOpenApiResponsesObject {
  const codes = [...operation.errors, ...sharedErrors[operation.access]];
  const byStatus = Map.groupBy(codes, (code) => errors[code].status);
  return Object.fromEntries(
    Array.from(byStatus, ([status, group]) => [
      status,
      {
        description: group.map((code) => `\`${code}\`: ${errors[code].meaning}`).join('\n\n'),
        content: { 'application/problem+json': { schema: Problem } },
        headers: refusalHeaders(group),
      },
    ]),
  );
}

function refusalHeaders(codes: readonly ErrorCode[]): ZodOpenApiHeadersObject {
  const statuses = codes.map((code) => errors[code].status);
  const headers: ZodOpenApiHeadersObject = {};
  if (statuses.some((status) => status === 429 || status === 503)) {
    const description = 'Seconds after which to retry.';
    headers['Retry-After'] = { description, schema: { type: 'integer' } };
  }
  if (statuses.includes(401))
    headers['WWW-Authenticate'] = { description: 'Always `Bearer`.', schema: { type: 'string' } };
  return headers;
}
