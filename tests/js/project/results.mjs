// What runs in every runtime that has ES modules: the entries are resolved as that runtime, or its bundler, resolves them.
import * as entries from './entries.mjs';
import { runSuite } from './harness.mjs';
import { cases } from './suite.mjs';

export const results = () => runSuite(cases, entries);
