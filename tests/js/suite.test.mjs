// Runs the one suite in every runtime; one that cannot be had is a failure. COUNT and SEED in the environment ask for more mutated tokens, or for others.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { writeDifferential } from './differential.mjs';
import { installProject } from './install.mjs';
import { RUNTIMES } from './runtimes/index.mjs';

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
      await t.test(name, () => {
        if (error !== null) assert.fail(error);
      });
    }
  });
}
