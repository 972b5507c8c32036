// How the sources of `parley` are bundled, for the executable and for tests.
import { join } from 'node:path';

export const root = join(import.meta.dir, '..');
export const entrypoints = [join(root, 'packages/cli/src/main.ts')];

/** For packages that can't be bundled as they are. */
export const packagePlugins: Bun.BunPlugin[] = [
  {
    // Its default entry point reads WebAssembly from a file beside it; this one contains it.
    name: 'wasm-utils in one file',
    setup(build) {
      const bundled = join(root, 'node_modules/@platformatic/wasm-utils/dist/bundled.js');
      build.onResolve({ filter: /^@platformatic\/wasm-utils$/ }, () => ({ path: bundled }));
    },
  },
  {
    // Ink imports it for debugging Ink itself. It is not installed.
    name: 'without react-devtools-core',
    setup(build) {
      build.onResolve({ filter: /^react-devtools-core$/ }, ({ path }) => ({ path, namespace: 'absent' }));
      build.onLoad({ filter: /.*/, namespace: 'absent' }, () => ({ contents: 'export default {};', loader: 'js' }));
    },
  },
];

/** Replaces the module that locates the web client's bundle. */
export function webClientPlugin(contents: string): Bun.BunPlugin {
  return {
    name: 'the web client',
    setup(build) {
      build.onLoad({ filter: /gateway[\\/]web[\\/]bundle-file\.ts$/ }, () => ({ contents, loader: 'ts' }));
    },
  };
}
