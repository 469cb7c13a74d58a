// `countersign env`, as a shell calls it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { chmod, lstat, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startVercelApi } from './vercel-api.mjs';

const PROGRAM = fileURLToPath(new URL('../../pkg/dist/cli/main.js', import.meta.url));
const SECRET = 's3cr3t-value';
const OUTPUTS = JSON.stringify({ roleArn: SECRET, region: 'eu-central-1', bucket: { name: 'b' } });
const MAP = ['--map', 'AWS_ROLE_ARN=roleArn', '--map', 'AWS_REGION=region'];

let api;
let folder;
let printed;
beforeEach(async () => {
  api = await startVercelApi({ team: { id: 'team_1', slug: 'acme' } });
  folder = await mkdtemp(join(tmpdir(), 'env-'));
  printed = '';
});
afterEach(async () => {
  // Whatever a test does: no value and no token is ever printed.
  assert.ok(!printed.includes(SECRET) && !printed.includes(api.token), printed);
  await Promise.all([api.close(), rm(folder, { recursive: true })]);
});

async function run(args, { input, env = {} } = {}) {
  const inherited = { PATH: process.env.PATH, HOME: folder, VERCEL_TOKEN: api.token, VERCEL_PROJECT_ID: 'site', VERCEL_ORG_ID: 'team_1' };
  const child = spawn(process.execPath, [PROGRAM, 'env', ...args, '--api-url', api.url], { cwd: folder, env: { ...inherited, ...env } });
  child.stdin.on('error', () => undefined).end(input);
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve) => child.on('close', resolve)),
  ]);
  printed += stdout + stderr;
  return { code, stdout, stderr, json: () => JSON.parse(stdout) };
}

const content = () => Object.fromEntries(api.variables().map(({ key, value }) => [key, value]));

const ALL = ['development', 'preview', 'production'];
const lines = (...names) => names.map((name) => ({ name, targets: ALL }));

test('plan says what sync does, sync does it, and twice is once', async () => {
  await writeFile(join(folder, 'outputs.json'), OUTPUTS);
  const plan = await run(['plan', '--from', 'outputs.json', ...MAP, '--json']);
  assert.deepEqual(plan.json(), {
    ok: true,
    dryRun: true,
    created: lines('AWS_REGION', 'AWS_ROLE_ARN'),
    updated: [],
    takenOver: [],
    unchanged: [],
    removed: [],
    foreign: [],
    needsDeployment: ['preview', 'production'],
  });
  assert.deepEqual(content(), {});
  const sync = await run(['sync', '--from', 'outputs.json', ...MAP, '--json']);
  assert.deepEqual([sync.code, { ...sync.json(), dryRun: true }], [0, plan.json()]);
  assert.deepEqual(content(), { AWS_ROLE_ARN: SECRET, AWS_REGION: 'eu-central-1' });
  const again = await run(['sync', '--from', 'outputs.json', ...MAP, '--text', '--no-color']);
  assert.match(again.stdout, /^Nothing to do, 2 unchanged\.\n$/);
});

test('outputs come by a pipe, and a person reads what changes', async () => {
  await run(['sync', '--format', 'json'], { input: JSON.stringify({ OLD: '1', AWS_REGION: 'us-east-1' }) });
  api.add({ key: 'THEIRS', value: 'x' });
  const terraform = Object.entries({ AWS_REGION: 'eu-central-1', NEW: SECRET, THEIRS: '2' }).map(([name, value]) => [
    name,
    { sensitive: false, type: 'string', value },
  ]);
  const { code, stdout } = await run(['sync', '--format', 'terraform', '--text', '--no-color', '--allow-removals'], {
    input: JSON.stringify(Object.fromEntries(terraform)),
  });
  assert.equal(code, 1, 'something is not as wanted');
  assert.match(
    stdout,
    /^\+ NEW +created \(development, preview, production\)\n~ AWS_REGION +updated \(.*\)\n- OLD +removed \(.*\)\n! THEIRS +left alone: it has another owner \(.*\)\n1 created, 1 updated, 1 removed, 1 left alone, 0 unchanged\.\npreview, production need a new deployment: those that exist keep their\nvariables\.\n$/,
  );
});

test('removals need a flag where no terminal can confirm them', async () => {
  await run(['sync'], { input: '{"A":"1","OLD":"1"}' });
  const refused = await run(['sync', '--json'], { input: '{"A":"2"}' });
  assert.equal(refused.code, 1);
  const { ok, dryRun, removed, error } = refused.json();
  assert.deepEqual(
    { ok, dryRun, removed, option: error.option },
    { ok: false, dryRun: true, removed: lines('OLD'), option: 'allowRemovals' },
  );
  assert.match(refused.stderr, /nothing was changed: 1 variable would be removed, which needs `--allow-removals`/);
  const text = await run(['sync', '--text', '--no-color'], { input: '{"A":"2"}' });
  assert.match(
    text.stdout,
    /^~ A +to update \(.*\)\n- OLD +to remove \(.*\)\n1 to update, 1 to remove, 0 unchanged\.\npreview, production would need a new deployment/,
  );
  assert.deepEqual(content(), { A: '1', OLD: '1' });
  const other = await run(['sync', '--target', 'env_1', '--text'], { input: '{"A":"2"}' });
  assert.match(other.stderr, /forbidden|custom|A/);
  assert.deepEqual(content(), { A: '1', OLD: '1' }, 'environments that are not named');
  assert.equal((await run(['sync', '--allow-removals'], { input: '{"A":"2"}' })).code, 0);
  assert.deepEqual(content(), { A: '2' });
});

test('a source that is not UTF-8 is refused by its line', async () => {
  await writeFile(join(folder, '.env.latin1'), Buffer.from('A=1\nB=caf\xe9\n', 'latin1'));
  const { code, stderr } = await run(['sync', '--from', '.env.latin1']);
  assert.deepEqual([code, stderr], [1, 'countersign env: line 2 of the source is not UTF-8\n']);
  assert.equal(
    (await run(['sync', '--format', 'dotenv'], { input: Buffer.from('\xff', 'latin1') })).stderr,
    'countersign env: line 1 of the source is not UTF-8\n',
  );
  assert.deepEqual(content(), {});
});

test('pull follows a symbolic link, and keeps the mode of a file', async () => {
  api.add({ key: 'A', value: SECRET, target: ['development'] });
  await mkdir(join(folder, 'shared'));
  await symlink('shared/env', join(folder, '.env.local'));
  assert.equal((await run(['pull'])).code, 0);
  const path = join(folder, 'shared/env');
  assert.equal((await lstat(join(folder, '.env.local'))).isSymbolicLink(), true);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  await chmod(path, 0o640);
  assert.equal((await run(['pull'])).code, 0);
  assert.equal((await stat(path)).mode & 0o777, 0o640);
  assert.deepEqual(await readdir(join(folder, 'shared')), ['env']);
});

test('pull does not write over a file that was made meanwhile', async () => {
  api.add({ key: 'A', value: SECRET, target: ['development'] });
  const path = join(folder, '.env.local');
  api.failWhen(() => (writeFileSync(path, 'MINE=1\n'), undefined));
  const refused = await run(['pull']);
  assert.deepEqual([refused.code, await readFile(path, 'utf8')], [1, 'MINE=1\n']);
  assert.match(refused.stderr, /is there and is not from here/);
  assert.deepEqual(await readdir(folder), ['.env.local']);
});

test('the project is the one that `vercel link` has noted', async () => {
  await mkdir(join(folder, '.vercel'));
  await writeFile(join(folder, '.vercel/project.json'), JSON.stringify({ projectId: 'site', orgId: 'team_1' }));
  const { code } = await run(['sync'], { input: '{"A":"1"}', env: { VERCEL_PROJECT_ID: '', VERCEL_ORG_ID: '' } });
  assert.deepEqual([code, content()], [0, { A: '1' }]);
});

test('pull writes a file for its owner alone, and keeps a file that it did not write', async () => {
  api.add({ key: 'A', value: SECRET, target: ['development'] });
  api.add({ key: 'B', value: 'x', type: 'sensitive', target: ['production'] });
  const pull = await run(['pull', '--json']);
  assert.deepEqual(pull.json(), { ok: true, output: '.env.local', names: ['A'], unreadable: [] });
  const path = join(folder, '.env.local');
  assert.match(await readFile(path, 'utf8'), new RegExp(`^# Written by .*\nA=${SECRET}\n$`));
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.equal((await run(['pull'])).code, 0, 'its own file is written over');
  assert.deepEqual((await run(['pull', '--target', 'production', '--output', 'p.env', '--json'])).json().unreadable, ['B']);

  await writeFile(path, 'MINE=1\n');
  const refused = await run(['pull']);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /\.env\.local is there and is not from here/);
  assert.equal(await readFile(path, 'utf8'), 'MINE=1\n');
  assert.equal((await run(['pull', '--force'])).code, 0);
  assert.deepEqual((await readdir(folder)).sort(), ['.env.local', 'p.env']);
});

test('a long run shows its progress', async () => {
  const values = Object.fromEntries(Array.from({ length: 2_500 }, (_, n) => [`N${n}`, '1']));
  const { stderr } = await run(['sync', '--format', 'json'], { input: JSON.stringify(values) });
  assert.equal(stderr, 'writing 1000 of 2500\nwriting 2000 of 2500\n');
});

const MISTAKES = {
  'nothing to do': [[], 2, /say what to do: `plan`, `sync` or `pull`/],
  'a mistyped format': [['sync', '--format', 'yml'], 2, /`format` must be/],
  'no JSON': [['sync'], 2, /`text` is not strict JSON/],
  'a map that is none': [['sync', '--map', 'A'], 2, /`--map NAME=output`/],
  'a map to nothing': [['sync', '--map', 'A=b'], 2, /names an output that is not there/, '{}'],
  'an empty source': [['sync'], 2, /`allowEmpty` accepts that/, '{}'],
  'no token': [['sync', '--token-env', 'NOPE'], 1, /the environment has no variable NOPE/, '{"A":"1"}'],
  'a token in place of its name': [['sync', '--token-env', SECRET], 2, /takes the name of a variable/, '{"A":"1"}'],
  'a file that is not there': [['sync', '--from', 'gone'], 1, /the file `gone` cannot be read: it does not exist/],
  'options of another task': [['pull', '--from', 'x'], 2, /`--from` goes with `sync`/],
  'another team': [['sync', '--team', 'other'], 1, /Vercel refused the request: forbidden \(ERR_EXCHANGE_REJECTED\)/, '{"A":"1"}'],
};
for (const [name, [args, code, message, input = SECRET]] of Object.entries(MISTAKES)) {
  test(`a mistake is one sentence: ${name}`, async () => {
    const answer = await run(args, { input });
    assert.equal(answer.code, code, answer.stderr);
    assert.match(answer.stderr, message);
    assert.doesNotMatch(answer.stderr, /\n\s+at /);
  });
}
