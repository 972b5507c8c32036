import { build } from '../../build/bundle.ts';

const types: Readonly<Record<string, string>> = { js: 'text/javascript', css: 'text/css', '/': 'text/html' };
const beginningOfLayout = 'const layout: readonly LayoutStep[] = [';
const endOfLayout = '\n];';

/** A version of the page whose database has one more step: a complete HTTP response for each path. */
export async function laterVersion(): Promise<Map<string, string>> {
  let isChanged = false;
  const files = await build([
    {
      name: 'one more step',
      setup(builder) {
        builder.onLoad({ filter: /indexeddb-store\.ts$/ }, async ({ path }) => {
          const source = await Bun.file(path).text();
          const end = source.indexOf(endOfLayout, source.indexOf(beginningOfLayout));
          if (end < 0) throw new Error(`${path} has no layout`);
          isChanged = true;
          const step = `\n  (database) => void database.createObjectStore('ofALaterVersion'),`;
          return { loader: 'ts', contents: source.slice(0, end) + step + source.slice(end) };
        });
      },
    },
  ]);
  if (!isChanged) throw new Error('the later version is the same');
  const texts = files.filter(({ path }) => path === '/' || /\.(js|css)$/.test(path));
  return new Map(texts.map(({ path, content }) => [path, answerOf(path, content)]));
}

/** Prevents a service worker, which would show either version, depending on which answers first. */
export const noServiceWorker = 'HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n';

function answerOf(path: string, content: Uint8Array): string {
  const type = types[path.split('.').at(-1) ?? ''] ?? 'text/plain';
  const head = `HTTP/1.1 200 OK\r\ncontent-type: ${type}; charset=utf-8\r\ncache-control: no-store\r\n`;
  return `${head}content-length: ${content.length}\r\nconnection: close\r\n\r\n${new TextDecoder().decode(content)}`;
}
