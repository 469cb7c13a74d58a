// Runs the one suite in every runtime. A runtime that cannot be had is a failure, never a skip.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { VERSIONS } from '../node-versions/index.mjs';
import { installProject } from './install.mjs';
import { chromiumDirect, chromiumVite } from './runtimes/chromium.mjs';
import { bun, deno, node, nodeCommonJs, nodeOf } from './runtimes/command.mjs';
import { edge } from './runtimes/edge.mjs';
import { firefox } from './runtimes/firefox.mjs';
import { webkit } from './runtimes/webkit.mjs';
import { workerd } from './runtimes/workerd.mjs';

/** The versions of Node.js beside the one that runs this file. */
const OTHERS = VERSIONS.filter((major) => major !== process.versions.node.split('.')[0]);

const RUNTIMES = {
  [`Node.js ${process.versions.node}, ES modules`]: node,
  [`Node.js ${process.versions.node}, CommonJS`]: nodeCommonJs,
  ...Object.fromEntries(OTHERS.map((major) => [`Node.js ${major}, ES modules`, nodeOf(major)])),
  'edge runtime, strict': edge,
  workerd,
  'Deno without permissions': deno,
  Bun: bun,
  'Chromium, files as they are': chromiumDirect,
  'Chromium, built by Vite': chromiumVite,
  Firefox: firefox,
  WebKitGTK: webkit,
};

/** Cases that a runtime cannot pass, and why. Each must fail there, so that the list says when it no longer does. */
const UNSUPPORTED = {
  Firefox: { 'events: each answer of the receiver': 'it has no `Request.body`, so an event is read as empty and refused' },
};

let project;
let cases;
before(async () => {
  project = await installProject('suite');
  ({ cases } = await import(pathToFileURL(join(project, 'suite.mjs')).href));
});

for (const [runtime, run] of Object.entries(RUNTIMES)) {
  test(runtime, { timeout: 300_000 }, async (t) => {
    const results = await run(project);
    assert.ok(cases.length > 0);
    assert.deepEqual(
      results.map(({ name }) => name),
      cases.map(({ name }) => name),
      'every case has run',
    );
    for (const { name, error } of results) {
      const reason = UNSUPPORTED[runtime]?.[name];
      await t.test(reason ? `${name} (fails: ${reason})` : name, () => {
        if (reason) assert.ok(error, 'the runtime passes the case: take it off the list');
        else if (error !== null) assert.fail(error);
      });
    }
  });
}
