// Runs the one suite in every runtime. COUNT and SEED in the environment ask for more mutated tokens, or for others.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { writeDifferential } from './differential.mjs';
import { installProject } from './install.mjs';
import { RUNTIMES } from './runtimes/index.mjs';

/** Cases that a runtime cannot pass, and why. Each must fail there, so that the list says when it no longer does. */
const UNSUPPORTED = {
  Firefox: { 'events: each answer of the receiver': 'it has no `Request.body`, so an event is read as empty and refused' },
};

let project;
let cases;
before(async () => {
  project = await installProject('suite');
  await writeDifferential(project, { seed: Number(process.env.SEED ?? 20_261_129), count: Number(process.env.COUNT ?? 500) });
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
