// Makes the web client's bundle in packages/web/dist, unless it is there and current.
import { ensureBundle } from './bundle.ts';

await ensureBundle();
