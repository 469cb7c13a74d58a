import { results } from './results.mjs';

window.results = results();
