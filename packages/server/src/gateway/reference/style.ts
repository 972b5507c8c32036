/** The style sheet of the server's own pages. Colours hold a contrast of at least 4.5 to 1 in both schemes. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#fdfcfa, #15181b);
  --panel: light-dark(#f4f2ed, #1d2226);
  --ink: light-dark(#1f2428, #e4e7e9);
  --muted: light-dark(#5c646c, #9da7b0);
  --line: light-dark(#e2ded6, #30373d);
  --accent: light-dark(#0b665c, #6fd3c3);
  --mark: light-dark(#e3f1ee, #17332f);
  --string: light-dark(#7a4a10, #e5b77a);
  --number: light-dark(#8a2f6b, #e39ac9);
  --literal: light-dark(#2f54a3, #94b6f5);
  --sans: system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif;
  --mono: ui-monospace, 'SF Mono', 'Cascadia Code', 'DejaVu Sans Mono', monospace;
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.6 var(--sans); }
a { color: var(--accent); text-decoration-thickness: 1px; text-underline-offset: 0.18em; }
a:hover { text-decoration-thickness: 2px; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
code, pre { font-family: var(--mono); font-size: 0.86em; }
code { overflow-wrap: anywhere; }
a:has(> code:only-child) { text-decoration: none; }
a > code:only-child { border-bottom: 1px solid color-mix(in srgb, currentColor 45%, transparent); padding-bottom: 1px; }
a:hover > code:only-child { border-bottom-color: currentColor; }
.skip { position: absolute; left: -100vw; padding: 0.5rem 1rem; background: var(--paper); }
.skip:focus { left: 0; z-index: 1; }

.top { display: flex; gap: 0 1.25rem; align-items: baseline; flex-wrap: wrap; padding: 0.9rem 1.5rem;
  border-bottom: 1px solid var(--line); color: var(--muted); font-size: 0.9rem; }
.top p { margin: 0; }
.brand a { color: var(--ink); font-weight: 700; font-size: 1.15rem; letter-spacing: -0.01em; text-decoration: none; }

main { max-width: 82rem; padding: 0 1.5rem 6rem; min-width: 0; }
h1 { font-size: clamp(1.9rem, 5vw, 2.7rem); line-height: 1.15; letter-spacing: -0.025em; margin: 2.5rem 0 0.75rem; }
h2 { font-size: 1.7rem; letter-spacing: -0.015em; line-height: 1.2; margin: 4.5rem 0 0.75rem; padding-top: 1.5rem;
  border-top: 1px solid var(--line); }
h3 { font-size: 1.2rem; margin: 2.75rem 0 0.5rem; }
h4 { font-size: 1.02rem; margin: 0; }
h5 { margin: 1.4rem 0 0.4rem; font-size: 0.8rem; text-transform: uppercase; letter-spacing: 0.06em; color: var(--muted); }
p { max-width: 44rem; margin: 0.5rem 0; }
.lead { font-size: 1.15rem; color: var(--muted); }

nav { padding: 0.75rem 1.5rem; border-bottom: 1px solid var(--line); font-size: 0.92rem; }
nav ul { list-style: none; margin: 0; padding: 0; }
nav > ul { display: flex; flex-wrap: wrap; gap: 0.3rem 1.1rem; }
nav ul ul { display: none; }
nav a { display: inline-block; padding: 0.2rem 0; text-decoration: none; }
nav a:hover { text-decoration: underline; }

article { margin: 2.25rem 0 0; padding-top: 1.25rem; border-top: 1px dashed var(--line); }
article > header h4 a, article > header h3 a { font-family: var(--mono); color: var(--ink); text-decoration: none; }
article > header h3 { margin: 0; font-size: 1.02rem; }
article > header a:hover { text-decoration: underline; }
article > h4 { margin: 1.5rem 0 0.4rem; font-weight: 600; font-size: 0.95rem; }
article:target > header, tr:target { background: var(--mark); box-shadow: 0 0 0 0.4rem var(--mark); }
tr:target { box-shadow: none; }
.endpoint { margin: 0.15rem 0 0; }
.access { color: var(--muted); font-size: 0.92rem; }

.method { font: 700 0.7rem/1 var(--mono); padding: 0.2rem 0.4rem; border-radius: 3px; border: 1px solid currentColor;
  color: var(--accent); }
.method.get { color: var(--literal); }
.method.delete { color: light-dark(#a3242b, #f39a9a); }
.method.put, .method.patch { color: var(--string); }

.table { overflow-x: auto; margin: 0.6rem 0; border-radius: 4px; }
table { border-collapse: collapse; width: 100%; font-size: 0.92rem; line-height: 1.45; }
th, td { text-align: left; vertical-align: top; padding: 0.45rem 1rem 0.45rem 0; border-bottom: 1px solid var(--line); }
thead th { font-size: 0.78rem; font-weight: 600; color: var(--muted); }
tbody th { font-weight: 600; }
tbody th code { overflow-wrap: normal; }
tbody tr:last-child > * { border-bottom: 0; }
.optional { display: block; font-weight: 400; font-size: 0.8rem; color: var(--muted); }
.type { font-family: var(--mono); font-size: 0.82rem; min-width: 5.5rem; }
.rules { color: var(--muted); }
.figure { white-space: nowrap; font-variant-numeric: tabular-nums; }

.code { margin: 0 0 0.9rem; background: var(--panel); border-radius: 6px; overflow: hidden; }
.code figcaption { padding: 0.5rem 0.9rem; font: 600 0.76rem/1.4 var(--mono); color: var(--muted);
  overflow-wrap: anywhere; }
.code pre { margin: 0; border-top: 1px solid var(--line); padding: 0.8rem 0.9rem; overflow: auto; max-height: 26rem; line-height: 1.5; }
.code pre code { overflow-wrap: normal; }
.string { color: var(--string); } .number { color: var(--number); } .literal { color: var(--literal); }

.contract { padding: 0; margin: 1.25rem 0; list-style: none; counter-reset: sentence; display: grid; gap: 1.25rem 2rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); }
.contract li { counter-increment: sentence; position: relative; padding-left: 2.4rem; }
.contract li::before { content: counter(sentence); position: absolute; left: 0; top: -0.15rem; font: 700 1.5rem/1.4 var(--sans);
  color: var(--accent); }
.contract h3 { margin: 0; font-size: 1rem; }
.contract p { margin: 0.2rem 0; font-size: 0.94rem; }

@media (max-width: 39.99rem) {
  thead { position: absolute; left: -100vw; }
  tbody, tr, th, td { display: block; }
  tr { padding: 0.6rem 0; border-bottom: 1px solid var(--line); }
  tbody tr > * { padding: 0.05rem 0; border: 0; }
  td:empty { display: none; }
  .optional { display: inline; }
}
@media (min-width: 40rem) {
  .type { width: 12rem; min-width: 9rem; }
  tr:has(> .type) > th, tr:has(> .type) th { width: 10.5rem; }
}
@media (min-width: 62rem) {
  .pair { display: grid; grid-template-columns: 1fr 1fr; gap: 1.25rem; align-items: start; }
}
@media (min-width: 70rem) {
  .columns { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 28rem); gap: 2.5rem; align-items: start; }
  .columns > :last-child { position: sticky; top: 1rem; }
}
@media (min-width: 60rem) {
  body:has(nav) { display: grid; grid-template: auto 1fr / 15rem minmax(0, 1fr); }
  .top { grid-column: 1 / -1; }
  main { padding: 0 3rem 6rem; }
  nav { position: sticky; top: 0; align-self: start; max-height: 100vh; overflow-y: auto; border: 0;
    padding: 1.5rem 0.5rem 3rem 1.5rem; }
  nav > ul { display: block; }
  nav > ul > li { margin-bottom: 0.9rem; }
  nav > ul > li > a { font-weight: 650; color: var(--ink); }
  nav ul ul { display: block; }
  .names { font: 0.8rem/1.5 var(--mono); padding: 0 0 0.4rem 0.8rem; border-left: 1px solid var(--line); }
  .names a { color: var(--muted); }
}
`;
