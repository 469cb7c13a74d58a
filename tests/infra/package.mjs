// The package as it was built. Through `createRequire`, so that one path serves every file here.
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../pkg/package.json', import.meta.url));

export const infra = require('countersign/infra');
export const inspect = require('countersign/inspect');
export const { createTestIssuer } = require('countersign/testing');
export const { CountersignError } = require('countersign');

/** How much memory the second module has taken. */
export const { memoryBytes } = require('./dist/cjs/inspect/module.js');
