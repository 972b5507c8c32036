import { clientFrames, serverFrames } from '@parley/protocol';
import { html } from 'hono/html';
import { documentedTypes } from './documented-types.ts';
import type { Html } from './schema-fields.ts';
import { errorsSection } from './sections/errors.ts';
import { framesSection } from './sections/frames.ts';
import { limitsSection } from './sections/limits.ts';
import { typesSection } from './sections/named-types.ts';
import { operationsOf, operationsSection } from './sections/operations.ts';
import { contractSection, startSection } from './sections/start.ts';
import { style } from './style.ts';
import { tags } from './tags.ts';
import { webPage } from './web-page.ts';

/** The reference page, generated from the tables that validate the traffic. */
export function referencePage(version: string): string {
  return webPage({
    title: 'Parley API reference',
    style,
    body: html`<a class="skip" href="#main">Skip to the content</a>
<header class="top"><p class="brand"><a href="/">Parley</a></p><p>API reference, version ${version}</p></header>
${navigation()}
<main id="main">
<h1>API reference</h1>
<p class="lead">One-to-one chats, groups and channels over HTTP and a WebSocket. This page is generated from the tables
that validate every request, so it describes this server.</p>
${startSection()}${contractSection()}${operationsSection()}${framesSection()}${typesSection()}${errorsSection()}${limitsSection()}
</main>`,
  });
}

function navigation(): Html {
  const operations = Object.keys(tags).map(
    (tag) => html`<li><a href="#tag-${tag}">${tag}</a>${links(operationsOf(tag).map(([id]) => [`op-${id}`, id]))}</li>`,
  );
  const frames = (side: string, table: object) =>
    links(Object.keys(table).map((type) => [`frame-${side}-${type}`, type]));
  return html`<nav aria-label="Contents"><ul>
<li><a href="#start">Start</a></li>
<li><a href="#contract">The contract</a></li>
<li><a href="#http">HTTP</a><ul class="groups">${operations}</ul></li>
<li><a href="#socket">Socket</a><ul class="groups">
<li><a href="#frames-client">From the client</a>${frames('client', clientFrames)}</li>
<li><a href="#frames-server">From the server</a>${frames('server', serverFrames)}</li>
<li><a href="#close-codes">Close codes</a></li></ul></li>
<li><a href="#types">Types</a>${links(documentedTypes().map(({ name }) => [`type-${name}`, name]))}</li>
<li><a href="#errors">Errors</a></li>
<li><a href="#limits">Limits</a></li>
</ul></nav>`;
}

function links(targets: readonly (readonly [string, string])[]): Html {
  return html`<ul class="names">${targets.map(([id, name]) => html`<li><a href="#${id}">${name}</a></li>`)}</ul>`;
}
