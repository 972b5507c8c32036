import { limits } from '@parley/protocol';
import type { Clock } from '../platform/clock.ts';
import { Refusal } from '../platform/failures.ts';

/** How deep JSON may nest: the protocol needs three levels. */
const depthMax = 32;
/** From the first look at a body to its end. Bun doesn't end a slow one by itself (oven-sh/bun#33612). */
const bodyTimeoutMs = 30_000;

/** The JSON of a body, bounded in size, time and depth. Throws {@link Refusal}. */
export async function jsonBody(request: Request, clock: Clock): Promise<unknown> {
  const bytes = await boundedBytes(request, clock);
  const text = decoded(bytes);
  if (nestsTooDeep(text)) throw new Refusal('invalid_json', `The body nests deeper than ${depthMax} levels.`);
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal('invalid_json', bytes.length === 0 ? 'A JSON body is needed.' : 'The body is not JSON.');
  }
}

/** Reads no more than the limit, whatever the client said about the length, and for no longer than it may take. */
async function boundedBytes(request: Request, clock: Clock): Promise<Uint8Array> {
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
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      sizeBytes += part.value.length;
      if (sizeBytes > limits.bodyBytes) {
        void reader.cancel();
        throw new Refusal('too_large', `The body is larger than ${limits.bodyBytes} bytes.`);
      }
      chunks.push(part.value);
    }
  } finally {
    cancelDeadline();
  }
  if (late) throw new Refusal('invalid_request', `The body did not come within ${bodyTimeoutMs / 1_000} s.`);
  return Buffer.concat(chunks);
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Refusal('invalid_json', 'The body is not well-formed UTF-8.');
  }
}

/** Looks at brackets outside of strings alone, before anything is built from the text. */
function nestsTooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (inString) {
      if (character === '\\') i++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{' || character === '[') {
      if (++depth > depthMax) return true;
    } else if (character === '}' || character === ']') depth--;
  }
  return false;
}
