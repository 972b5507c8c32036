import { createHash } from 'node:crypto';
import { html, raw } from 'hono/html';
import type { Html } from './schema-fields.ts';

interface WebPage {
  title: string;
  style: string;
  body: Html;
}

/** A complete page that loads nothing else. */
export function webPage({ title, style, body }: WebPage): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${raw(style)}</style>
</head>
<body>
${body}
</body>
</html>
`;
  return page.toString();
}

/** A policy that allows a page exactly this style sheet, and nothing from other origins. */
export function contentSecurityPolicy(style: string): string {
  const hash = createHash('sha256').update(style).digest('base64');
  return `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
}
