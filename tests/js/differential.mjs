// The tokens of cases/differential.mjs: those of the differential run in tests/peers, with their verdicts in the Node.js that runs this.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { makeCase } from '../peers/differential/case.mjs';
import { NOW, POLICIES } from '../peers/differential/policies.mjs';
import { verdictOf } from './cases/differential-verdict.mjs';

/** Writes the first `count` cases of a run for the suite of a project, which is in `folder`. */
export async function writeDifferential(project, { seed, count, folder = project }) {
  const { countersign } = await import(pathToFileURL(resolve(project, 'entries.mjs')).href);
  let accepted = 0;
  const cases = Array.from({ length: count }, (_, number) => {
    const { alg, policy, keys, token } = makeCase(seed, number);
    const { options, algorithms } = POLICIES[policy];
    // As every runtime reads it.
    const given = JSON.parse(JSON.stringify({ number, token, options: { ...options, algorithms: algorithms(alg), jwks: { keys } } }));
    const expected = verdictOf(countersign, given, NOW);
    if (expected.startsWith('{')) accepted += 1;
    return { ...given, expected };
  });
  assert.ok(accepted > count / 10 && accepted < (count * 9) / 10, `${accepted} of ${count} tokens are accepted`);
  const text = JSON.stringify(JSON.stringify({ cases, now: NOW }));
  await writeFile(join(folder, 'differential-cases.mjs'), `export const { cases, now } = JSON.parse(${text});\n`);
}
