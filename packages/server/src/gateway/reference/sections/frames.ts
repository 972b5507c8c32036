import { afterClose, clientFrames, closeCodes, limits, serverFrames, subprotocol } from '@parley/protocol';
import { html } from 'hono/html';
import * as z from 'zod/mini';
import { codePanel, jsonMarkup, prose } from '../code-markup.ts';
import { clientFrameExamples, frameAnswers, serverFrameExamples } from '../frame-examples.ts';
import { fieldsOf, type Html, jsonSchemaOf } from '../schema-fields.ts';
import { fieldTable, table } from '../tables.ts';

type FrameTable = Record<string, z.ZodMiniType>;

const reactions = {
  reconnect: 'Reconnect at once.',
  'reconnect-later': 'Reconnect after the announced delay, or with backoff and jitter.',
  stop: 'Do not reconnect until the cause is removed: log in again, or correct the client.',
};

export function framesSection(): Html {
  return html`<section id="socket">
<h2>Socket</h2>
<p>Open a WebSocket at <code>/v1/socket</code> with the subprotocol <code>${subprotocol}</code>. Each frame is one JSON
object in a text frame. The first one is <a href="#frame-client-hello"><code>hello</code></a>; after
<a href="#frame-server-welcome"><code>welcome</code></a> the server sends everything new. A request with an
<code>id</code> is answered under that id, and requests of one connection take effect in order. Send a frame, for
example <a href="#frame-client-ping"><code>ping</code></a>, at least every ${limits.heartbeatMs / 1_000} seconds.</p>
<h3 id="frames-client">From the client</h3>
${Object.entries(clientFrames).map(([type, schema]) => frame('client', type, schema))}
<h3 id="frames-server">From the server</h3>
${Object.entries(serverFrames).map(([type, schema]) => frame('server', type, schema))}
<h3 id="close-codes">Close codes</h3>
<p>The hundreds of a code say what to do, also for future codes: 4000–4099 reconnect at once, 4100–4199 later,
4200–4299 not until the cause is removed. Anything else (1001, 1006 …): reconnect with backoff. A frame of more than
${limits.frameBytes} bytes closes the socket with 1009, or without a close frame: correct the client.</p>
${table('Close codes', ['Code', 'Meaning', 'What to do'], Object.values(closeCodes).map(closeRow))}
</section>`;
}

function frame(side: 'client' | 'server', type: string, schema: FrameTable[string]): Html {
  const examples: Record<string, unknown> = side === 'client' ? clientFrameExamples : serverFrameExamples;
  const id = `frame-${side}-${type}`;
  return html`<article id="${id}">
<header><h4><a href="#${id}">${type}</a></h4></header>
<div class="columns"><div>
<p>${prose(z.globalRegistry.get(schema)?.description ?? '')}</p>
${side === 'client' && answers(type as keyof typeof frameAnswers)}
${fieldTable(`${type}: fields`, fieldsOf(jsonSchemaOf(schema)))}
</div><div>${codePanel(side === 'client' ? 'the client sends' : 'the server sends', jsonMarkup(examples[type]))}</div></div>
</article>`;
}

function answers(type: keyof typeof frameAnswers): Html {
  const links = frameAnswers[type].map(
    (answer, index) => html`${index > 0 ? ' or ' : ''}<a href="#frame-server-${answer}"><code>${answer}</code></a>`,
  );
  return html`<p class="access">Answered by ${links}</p>`;
}

function closeRow({ code, meaning }: { code: number; meaning: string }): Html {
  return html`<tr><th scope="row"><code>${code}</code></th><td>${prose(meaning)}</td><td>${reactions[afterClose(code)]}</td></tr>`;
}
