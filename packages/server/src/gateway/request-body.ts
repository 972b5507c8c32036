import { limits } from '@parley/protocol';
import { Refusal } from '../platform/failures.ts';

/** How deep JSON may nest: the protocol needs three levels. */
const depthMax = 32;

/** The JSON of a body, bounded in size and depth. Throws {@link Refusal}. */
export async function jsonBody(request: Request): Promise<unknown> {
  const bytes = await boundedBytes(request);
  const text = decoded(bytes);
  if (nestsTooDeep(text)) throw new Refusal('invalid_json', `The body nests deeper than ${depthMax} levels.`);
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal('invalid_json', bytes.length === 0 ? 'A JSON body is needed.' : 'The body is not JSON.');
  }
}

/** Reads no more than the limit, whatever the client said about the length. */
async function boundedBytes(request: Request): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.length;
    if (size > limits.bodyBytes) {
      throw new Refusal('too_large', `The body is larger than ${limits.bodyBytes} bytes.`);
    }
    chunks.push(chunk);
  }
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
