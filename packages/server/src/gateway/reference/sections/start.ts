import { subprotocol } from '@parley/protocol';
import { html } from 'hono/html';
import { codePanel } from '../code-markup.ts';
import { contract } from '../contract.ts';
import type { Html } from '../schema-fields.ts';

const http = `# sign up; the answer has your token
curl http://localhost:8080/v1/signup --json '{
  "username": "ana", "password": "correct horse battery"
}'
auth="Authorization: Bearer $TOKEN"

# find a user, open a direct conversation, send
curl 'http://localhost:8080/v1/users?q=be' -H "$auth"
curl http://localhost:8080/v1/direct -H "$auth" \\
  --json '{ "userId": "…" }'
curl http://localhost:8080/v1/conversations/…/messages \\
  -H "$auth" --json '{ "clientMessageId": "1", "text": "Hello" }'`;

const socket = `const socket = new WebSocket(
  'ws://localhost:8080/v1/socket', '${subprotocol}');
const send = (frame) => socket.send(JSON.stringify(frame));

socket.onopen = () => send({ type: 'hello', token });
socket.onmessage = ({ data }) => console.log(JSON.parse(data));
setInterval(() => send({ type: 'ping' }), 10_000);`;

export function startSection(): Html {
  return html`<section id="start">
<h2>Start</h2>
<p>Requests and answers are JSON in UTF-8. Log in over HTTP, then open the socket for everything live. HTTP
can do everything that the socket can, except live delivery. Replace <code>localhost:8080</code> by your server’s address.</p>
<div class="pair">${codePanel('From a shell', http)}${codePanel('Live, from JavaScript', socket)}</div>
<p>As machine-readable documents: <a href="/v1/openapi.json">OpenAPI 3.1</a> for HTTP,
<a href="/v1/asyncapi.json">AsyncAPI 3</a> for the socket.</p>
</section>`;
}

export function contractSection(): Html {
  const items = contract.map(({ title, text }) => html`<li><h3>${title}</h3><p>${text}</p></li>`);
  return html`<section id="contract">
<h2>The contract</h2>
<p>Nine guarantees of every server. Other documents refer to them by number.</p>
<ol class="contract">${items}</ol>
</section>`;
}
