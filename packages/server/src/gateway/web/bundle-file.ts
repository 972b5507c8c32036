import { fileURLToPath } from 'node:url';

/** Where the web client's bundle is. The executable's build replaces this module with one that carries it. */
export const bundleFile = fileURLToPath(new URL('../../../../web/dist/bundle.json', import.meta.url));
