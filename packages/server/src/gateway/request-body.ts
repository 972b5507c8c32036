import { BadJson, parseBoundedJson } from '../platform/bounded-json.ts';
import type { Clock } from '../platform/clock.ts';
import { Refusal } from '../platform/failures.ts';
import { workUnits } from '../platform/work-budget.ts';
import type { RequestContext } from './request-context.ts';

/** Time for reading a whole body. Bun does not time a slow one out by itself (oven-sh/bun#33612). */
const bodyTimeoutMs = 30_000;

/** The part of a request's context that reading its body needs. */
type BodyContext = Pick<RequestContext, 'address' | 'budget' | 'turns'>;

/** Parses the JSON of a body of at most `bytesMax`, with limits on time and structure too. Throws {@link Refusal}. */
export async function jsonBody(
  request: Request,
  bytesMax: number,
  clock: Clock,
  context: BodyContext,
): Promise<unknown> {
  // Browsers let a page of another origin send a body of other types without asking the server first.
  if (!/^application\/json *(;|$)/i.test(request.headers.get('content-type') ?? '')) {
    throw new Refusal('unsupported_media_type', 'Send the body with "Content-Type: application/json".');
  }
  const bytes = await boundedBytes(request, bytesMax, clock, context);
  await context.turns?.turn(context.address, workUnits(bytes.length));
  const text = decoded(bytes);
  if (bytes.length === 0) throw new Refusal('invalid_json', 'A JSON body is needed.');
  try {
    return parseBoundedJson(text);
  } catch (error) {
    if (error instanceof BadJson) throw new Refusal('invalid_json', `The body is ${error.message}.`);
    throw error;
  }
}

/** Reads at most the limit, whatever length the client announced, and for at most the timeout. */
async function boundedBytes(
  request: Request,
  bytesMax: number,
  clock: Clock,
  { budget }: BodyContext,
): Promise<Uint8Array> {
  const announced = request.headers.get('content-length');
  if (Number(announced) > bytesMax) throw tooLarge(bytesMax);
  const reader = request.body?.getReader();
  if (!reader) return new Uint8Array();
  let late = false;
  const cancelDeadline = clock.after(bodyTimeoutMs, () => {
    late = true;
    void reader.cancel();
  });
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  try {
    for (let part = await nextPart(reader); !part.done; part = await nextPart(reader)) {
      sizeBytes += part.value.length;
      if (sizeBytes > bytesMax) {
        void reader.cancel();
        throw tooLarge(bytesMax);
      }
      if (announced === null && budget?.take(workUnits(part.value.length)) === false) {
        void reader.cancel();
        throw new Refusal('rate_limited', 'Too many bytes from one address.', { retryAfterMs: 1_000 });
      }
      chunks.push(part.value);
    }
  } finally {
    cancelDeadline();
  }
  if (late) throw new Refusal('invalid_request', `The body did not arrive within ${bodyTimeoutMs / 1_000} s.`);
  return Buffer.concat(chunks);
}

/**
 * The runtime rejects when the connection closes before the body ends. That is the client's fault, not the server's.
 */
async function nextPart(reader: ReadableStreamDefaultReader<Uint8Array>) {
  try {
    return await reader.read();
  } catch (cause) {
    throw new Refusal('invalid_request', 'The connection closed before the end of the body.', {}, { cause });
  }
}

function tooLarge(bytesMax: number): Refusal {
  return new Refusal('too_large', `The body is larger than ${bytesMax.toLocaleString('en')} bytes.`);
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Refusal('invalid_json', 'The body is not well-formed UTF-8.');
  }
}
