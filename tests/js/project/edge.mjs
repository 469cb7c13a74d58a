import { results } from './results.mjs';

globalThis.results = results;
