import { talk } from './talk.mjs';

console.log(JSON.stringify(await talk({ url: process.env.PARLEY_URL })));
