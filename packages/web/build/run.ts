// Builds the web client's bundle in packages/web/dist unless it is up to date.
import { ensureBundle } from './bundle.ts';

await ensureBundle();
