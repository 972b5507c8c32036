import { setDefaultTimeout } from 'bun:test';

// Tests wait for what they are about, never for a time: this ends only those that would wait forever.
setDefaultTimeout(120_000);
