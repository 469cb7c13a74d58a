// What runs in every runtime that has ES modules: the entries are resolved as that runtime, or its bundler, resolves them.
import * as countersign from 'countersign';
import * as next from 'countersign/next';
import * as testing from 'countersign/testing';
import { runSuite } from './harness.mjs';
import { cases } from './suite.mjs';

export const results = () => runSuite(cases, { countersign, next, testing });
