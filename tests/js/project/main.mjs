import { results } from './results.mjs';

console.log(JSON.stringify(await results()));
