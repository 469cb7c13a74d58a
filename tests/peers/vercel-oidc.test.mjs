// `@vercel/oidc` and `countersign/vercel-oidc` on the same scripted machine: the same outcomes, but for the rows of the table in
// docs/vercel-oidc.md, and each row for a reason that is seen here.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { command } from '../js/runtimes/command.mjs';
import { TEAM, makeMachine } from '../js/fakes/machine.mjs';
import { installProject } from '../js/install.mjs';
import { outcomes, scenarios } from './vercel-oidc/scenarios.mjs';

const project = await installProject('peers-vercel-oidc');
const { createTestIssuer } = await import(pathToFileURL(join(project, 'node_modules/countersign/dist/inline/testing.js')));
const issuer = await createTestIssuer();

const PACKAGES = {
  theirs: fileURLToPath(new URL('node_modules/@vercel/oidc/dist/index.js', import.meta.url)),
  ours: join(project, 'node_modules/countersign/dist/inline/vercel-oidc.js'),
  required: join(project, 'node_modules/countersign/dist/cjs/inline/vercel-oidc.js'),
};

const mint = (name, claims, options) => issuer.mint({ jti: name, ...claims }, options);
const tokens = {
  good: await mint('good'),
  other: await mint('other', { project: 'shop', owner: 'other', owner_id: 'team_other' }),
  expired: await mint('expired', {}, { expiresIn: -60 }),
  dying: await mint('dying', {}, { expiresIn: 120 }),
  fetched: await mint('fetched', { environment: 'development', owner_id: TEAM }),
  shop: await mint('shop', { environment: 'development', project: 'shop' }),
  timeless: await mint('timeless', { exp: undefined }),
  textual: await mint('textual', { exp: '4000000000' }),
};

/** Runs one package on a machine of its own; tokens are shown by their names. */
async function run(t, name, { setUp, see = outcomes }) {
  const machine = await makeMachine(t, issuer);
  const { env, ...script } = await setUp(machine);
  await machine.write(machine.path('script.json'), script);
  const args = [
    fileURLToPath(new URL('vercel-oidc/run.mjs', import.meta.url)),
    pathToFileURL(PACKAGES[name]).href,
    machine.path('script.json'),
  ];
  const printed = await command(process.execPath, args, {
    cwd: machine.path('project/src/deep'),
    env: { ...machine.env, PATH: `${machine.env.PATH}:/usr/bin:/bin`, ...env },
  });
  const result = JSON.parse(printed);
  if (name !== 'theirs') {
    for (const { text = '' } of result.outcomes) {
      for (const secret of [
        ...Object.values(tokens).flatMap((token) => token.split('.').slice(1)),
        'cli-token',
        'old-refresh',
        'new-token',
        'new-refresh',
      ]) {
        assert.ok(!text.includes(secret), 'a secret is shown');
      }
    }
  }
  return labelled(await see(result, machine));
}

/** JSON, so that what is undefined is not there. */
function labelled(value) {
  let text = JSON.stringify(value ?? null);
  for (const [name, token] of Object.entries(tokens)) text = text.replaceAll(token, `<${name}>`);
  return JSON.parse(text);
}

const all = scenarios(tokens);
for (const [name, scenario] of Object.entries(all)) {
  test(scenario.row === undefined ? `the same: ${name}` : `different: ${name}`, async (t) => {
    const theirs = await run(t, 'theirs', scenario);
    const ours = await run(t, 'ours', scenario);
    assert.deepEqual(await run(t, 'required', scenario), ours, 'imported and required');
    if (scenario.row === undefined) {
      assert.deepEqual(ours, theirs);
    } else {
      assert.notDeepEqual(ours, theirs);
      assert.deepEqual({ theirs, ours }, labelled({ theirs: scenario.theirs, ours: scenario.ours }));
    }
  });
}

test('the table in docs/vercel-oidc.md has the differences that are seen here, and no others', async () => {
  const page = await readFile(new URL('../../docs/vercel-oidc.md', import.meta.url), 'utf8');
  const [, section] = page.split('\n## Differences\n');
  const rows = [...section.matchAll(/^\| (.+?) \| .+ \| .+ \|$/gm)].map(([, first]) => first).filter((first) => !/^-|^case$/.test(first));
  assert.deepEqual(rows.sort(), [...new Set(Object.values(all).flatMap(({ row }) => row ?? []))].sort());
});
