// The package as it was built. Through `createRequire`, so that one path serves every file here.
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../pkg/package.json', import.meta.url));

export const infra = require('countersign/infra');
export const inspect = require('countersign/inspect');
export const { createTestConnect, createTestIssuer } = require('countersign/testing');
export const { CountersignError } = require('countersign');

const { inspectModule } = require('./dist/cjs/inspect/module.js');

/** The memory of the module `inspect`, in bytes. */
export const memoryBytes = () => inspectModule.memory.buffer.byteLength;
