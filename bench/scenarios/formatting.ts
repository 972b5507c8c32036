import { fileURLToPath } from 'node:url';
import { formatted } from '@parley/protocol/formatting';
import type { Show } from '../../packages/web/test/support/formatting-page.tsx';
import { Latencies } from '../measure/latencies.ts';
import type { Outcome, Scenario } from '../scenario.ts';

const characters = 10_000;
const webFolder = fileURLToPath(new URL('../../packages/web/', import.meta.url));

const repeated = (unit: string) => unit.repeat(Math.ceil(characters / unit.length)).slice(0, characters);
const texts: Readonly<Record<string, string>> = {
  'ordinary text': repeated('Ordinary text, as people write it, about noon. '),
  'text with formatting': repeated('Some **bold** and *italic* text, `code`, https://example.org/a_b.\n'),
  asterisks: repeated('*'),
  'emphasised letters': repeated('*a* '),
  'emphasis without an end': repeated('*a _b **c ~~d '),
  'nested quotes': repeated('> '),
  'quotes that grow deeper': Array.from({ length: 140 }, (_, depth) => `${'>'.repeat(depth + 1)} a`).join('\n'),
  'nested lists': `${repeated('- ')}a`,
  'list items': repeated('- a\n'),
  'list items in quotes, each apart': repeated('> - a\n\n'),
  links: repeated('[a](https://b.c) '),
  'brackets without an end': repeated('[a]('),
  'code spans': repeated('`a`'),
  'backticks without an end': repeated('` `` ``` '),
};

export const formatting: Scenario = {
  name: 'formatting',
  summary: `The processor time to parse the formatting of ${characters} characters, and to show them in Chromium.`,
  shapes: ['embedded'],
  options: { runs: { default: '50', help: 'times that each text is parsed and shown' } },
  quick: { runs: '5' },
  async run(parameters): Promise<Outcome> {
    const runs = parameters.number('runs', 1, 10_000);
    // Loaded here, because other scenarios need neither the web client nor a browser.
    const { launchBrowser, openWindow, wholeChromium } = await import('../../packages/web/test/support/browser.ts');
    const browser = await launchBrowser(wholeChromium);
    try {
      const { page, context } = await openWindow(browser);
      const { script, style } = await built();
      await page.addStyleTag({ content: style });
      await page.addScriptTag({ content: script, type: 'module' });
      await page.waitForFunction(() => 'show' in globalThis);
      const devTools = await context.newCDPSession(page);
      await devTools.send('Performance.enable', { timeDomain: 'threadTicks' });
      /** Milliseconds of processor time that the page's thread has used. */
      const pageMs = async () => {
        const { metrics } = await devTools.send('Performance.getMetrics');
        return 1_000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN);
      };
      const rows = [];
      for (const [text, content] of Object.entries(texts)) {
        const [parsed, used, shown] = [new Latencies(), new Latencies(), new Latencies()];
        for (let run = 0; run < runs; run++) {
          const startUs = processorUs();
          formatted(content);
          parsed.add((processorUs() - startUs) / 1_000);
          const startMs = await pageMs();
          shown.add(await page.evaluate((one) => (globalThis as unknown as { show: Show }).show(one), content));
          used.add((await pageMs()) - startMs);
        }
        rows.push({
          text,
          'parse cpu p50 ms': parsed.percentile(50),
          'show cpu p50 ms': used.percentile(50),
          'show p50 ms': shown.percentile(50),
        });
      }
      return { rows, ratios: {} };
    } finally {
      await browser.close();
    }
  },
};

function processorUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** The script that shows texts as the web client does, and the client's style sheet. */
async function built(): Promise<{ script: string; style: string }> {
  const textOf = async (file: string) => {
    const { outputs } = await Bun.build({
      entrypoints: [`${webFolder}${file}`],
      target: 'browser',
      minify: true,
      define: { 'process.env.NODE_ENV': '"production"', HIGHLIGHT_SCRIPT: '"/none.js"' },
    });
    return (await outputs[0]?.text()) ?? '';
  };
  return {
    script: await textOf('test/support/formatting-page.tsx'),
    style: await textOf('src/style/parley.css'),
  };
}
