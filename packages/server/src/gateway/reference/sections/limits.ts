import { limits } from '@parley/protocol';
import { html } from 'hono/html';
import { type RateLimitRule, rateLimitRules } from '../../rate-limit-rules.ts';
import { limitNotes } from '../limit-notes.ts';
import type { Html } from '../schema-fields.ts';
import { table } from '../tables.ts';

export function limitsSection(): Html {
  const sizes = (Object.keys(limitNotes) as (keyof typeof limits)[]).map((name) => {
    const { unit, text } = limitNotes[name];
    return html`<tr><th scope="row"><code>${name}</code></th><td>${text}</td>
<td class="figure">${limits[name].toLocaleString('en')} ${unit}</td></tr>`;
  });
  return html`<section id="limits">
<h2>Limits</h2>
<p>Lengths are Unicode code points, sizes are bytes of UTF-8. Input above a limit is refused, never cut.</p>
${table('Limits', ['Name', 'Bounds', 'At most'], sizes)}
<h3 id="rate-limits">Rate limits</h3>
<p>Requests above these limits get <a href="#error-rate_limited"><code>rate_limited</code></a>, with the time after which
to retry. A burst is allowed in addition to the lasting rate.</p>
${table('Rate limits', ['Of', 'Lasting', 'Burst'], Object.values(rateLimitRules).map(rateRow))}
</section>`;
}

function rateRow({ counts, perWindow, windowMs, burst, burstWindowMs }: RateLimitRule): Html {
  return html`<tr><th scope="row">${counts}</th><td class="figure">${rate(perWindow, windowMs)}</td>
<td class="figure">${burst > 0 ? rate(burst, burstWindowMs) : '–'}</td></tr>`;
}

function rate(count: number, windowMs: number): string {
  return `${count.toLocaleString('en')} in ${duration(windowMs)}`;
}

function duration(ms: number): string {
  if (ms % 3_600_000 === 0) return ms === 3_600_000 ? 'an hour' : `${ms / 3_600_000} hours`;
  if (ms % 60_000 === 0) return ms === 60_000 ? 'a minute' : `${ms / 60_000} minutes`;
  return ms === 1_000 ? 'a second' : `${ms / 1_000} seconds`;
}
