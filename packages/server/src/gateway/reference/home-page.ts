import { html } from 'hono/html';
import { codePanel } from './code-markup.ts';
import { style } from './style.ts';
import { webPage } from './web-page.ts';

/** What a person sees who opens the server's address in a browser. */
export function homePage(): string {
  return webPage({
    title: 'Parley',
    style,
    body: html`<header class="top"><p class="brand">Parley</p></header>
<main id="main">
<h1>This is a Parley server</h1>
<p class="lead">A chat system that people host themselves: one-to-one chats, groups and channels.</p>
<p>Talk from a terminal, in a copy of the program:</p>
${codePanel('In a shell', 'npm run chat -- --server ADDRESS --user NAME --signup')}
<p>Were you invited by a link? Give the whole of it:</p>
${codePanel('In a shell', "npm run chat -- --user NAME --signup --invitation 'LINK'")}
<p>Write a client of your own, or a bot: <a href="/docs">the reference of the API</a> has all of it.</p>
</main>`,
  });
}
