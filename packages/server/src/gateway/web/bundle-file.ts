import { fileURLToPath } from 'node:url';

/**
 * The path of the web client's bundle. The build of the executable replaces this module with one that contains the
 * bundle.
 */
export const bundleFile = fileURLToPath(new URL('../../../../web/dist/bundle.json', import.meta.url));
