// The development refresh, on a machine of the test's own: files, the command line, Vercel's answers, and what goes wrong with
// each of them.
import assert from 'node:assert/strict';
import { mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { installProject } from './install.mjs';
import { later } from './cases/clock.mjs';
import { command } from './runtimes/command.mjs';
import { PROJECT, TEAM, makeMachine, shown } from './fakes/machine.mjs';

let project;
let countersign;
let issuer;
before(async () => {
  project = await installProject('refresh');
  const load = (file) => import(pathToFileURL(join(project, 'node_modules/countersign/dist/inline', file)));
  countersign = await load('index.js');
  issuer = await (await load('testing.js')).createTestIssuer();
});

const HOUR = 3600;
const seconds = () => Math.floor(Date.now() / 1000);
const claimsOf = (found) => countersign.decode(found.value).claims;

/** A linked folder of somebody who is logged in. */
async function readyMachine(t) {
  const machine = await makeMachine(t, issuer);
  await machine.link();
  await machine.logIn();
  return machine;
}

const optionsOf = ({ env, vercel }, more = {}) => ({ fetch: vercel.fetch, ...more, env: { ...env, ...more.env } });
const find = (machine, more) => countersign.getBearerToken(optionsOf(machine, more));

/** The error, once it is sure that it shows none of the secrets of these tests. */
async function refused(promise, code = 'ERR_CREDENTIAL_INVALID', ...secrets) {
  const error = await promise.then(
    (found) => assert.fail(`found ${found?.source}`),
    (thrown) => thrown,
  );
  assert.ok(error instanceof countersign.CountersignError, error?.stack);
  assert.equal(error.code, code, error.message);
  for (const secret of ['cli-token', 'old-refresh', 'renewed-', 'next-', ...secrets]) {
    assert.ok(!shown(error, { inspect }).includes(secret), `${secret} is shown`);
  }
  return error;
}

const reasonOf = (error, source = 'refresh') => error.causes.find((cause) => cause.source === source)?.reason;

test('a token of the linked project is fetched with the login, and kept', async (t) => {
  const machine = await readyMachine(t);
  const found = await find(machine);
  assert.equal(found.source, 'refresh');
  assert.equal(found.authMethod, 'oidc');
  assert.equal(claimsOf(found).project_id, PROJECT);
  assert.deepEqual(machine.vercel.requests, [
    {
      url: `https://api.vercel.com/v1/projects/${PROJECT}/token?source=vercel-oidc-refresh&teamId=${TEAM}`,
      method: 'POST',
      authorization: 'Bearer cli-token',
      body: undefined,
    },
  ]);
  assert.equal((await find(machine)).value, found.value);
  assert.equal(machine.vercel.requests.length, 1);
});

test('what comes before it in the order is used, and then nothing is read or asked', async (t) => {
  const machine = await readyMachine(t);
  const token = await issuer.mint();
  const context = Symbol.for('@vercel/request-context');
  await machine.write(machine.path('token'), token);
  const sources = {
    'static-key': { staticKey: 'key' },
    captured: { captured: { token, expiresAt: 0 } },
    header: { request: new Headers({ 'x-vercel-oidc-token': token }) },
    file: { env: { VERCEL_OIDC_TOKEN_FILE: machine.path('token') } },
    env: { env: { VERCEL_OIDC_TOKEN: token } },
  };
  for (const [source, options] of Object.entries(sources)) assert.equal((await find(machine, options)).source, source);
  globalThis[context] = { get: () => ({ headers: { 'x-vercel-oidc-token': token } }) };
  try {
    assert.equal((await find(machine)).source, 'context');
  } finally {
    delete globalThis[context];
  }
  assert.equal(machine.vercel.requests.length, 0);
});

test('an expired header token is refreshed and not returned', async (t) => {
  const machine = await readyMachine(t);
  const expired = await issuer.mint({}, { expiresIn: -60 });
  const found = await find(machine, { request: { 'x-vercel-oidc-token': expired }, env: { VERCEL_OIDC_TOKEN: expired } });
  assert.equal(found.source, 'refresh');
  assert.ok(found.expiresAt > new Date());
});

test('a token that lives shorter than `minValidity` is refreshed too', async (t) => {
  const machine = await readyMachine(t);
  const env = { VERCEL_OIDC_TOKEN: await issuer.mint({}, { expiresIn: 30 }) };
  assert.equal((await find(machine, { env })).source, 'env');
  assert.equal((await find(machine, { env, minValidity: 60 })).source, 'refresh');
  // One that is fetched and lives too short all the same is said to.
  assert.match(reasonOf(await refused(find(machine, { env, minValidity: 5 * HOUR }), 'ERR_CREDENTIALS_NOT_FOUND')), /minValidity/);
});

test('`project` and `team` count while another token lives', async (t) => {
  const machine = await readyMachine(t);
  const env = { VERCEL_OIDC_TOKEN: await issuer.mint() };
  assert.equal((await find(machine, { env, refresh: { project: PROJECT } })).source, 'env');
  const other = await find(machine, { env, refresh: { project: 'prj_other', team: 'team_other' } });
  assert.equal(other.source, 'refresh');
  assert.equal(claimsOf(other).project_id, 'prj_other');
  const refusal = await refused(
    find(machine, { env: { ...env, VERCEL_ENV: 'production' }, refresh: { project: 'prj_other' } }),
    'ERR_CREDENTIALS_NOT_FOUND',
  );
  assert.match(reasonOf(refusal, 'env'), /another project/);
});

test('the token of one team is never given to another', async (t) => {
  const machine = await readyMachine(t);
  const found = [];
  for (const team of ['team_a', 'team_b', 'team_a', 'acme'])
    found.push(claimsOf(await find(machine, { refresh: { project: 'site', team } })).owner_id);
  assert.deepEqual(found, ['team_a', 'team_b', 'team_a', 'acme']);
  assert.equal(machine.vercel.requests.length, 3);
});

test('what `@vercel/oidc` has kept is used where the token says that it is of this team and project', async (t) => {
  const machine = await readyMachine(t);
  const theirs = machine.path('data/com.vercel.token', `${PROJECT}.json`);
  const token = await issuer.mint();
  await machine.write(theirs, { token });
  assert.equal((await find(machine)).value, token);
  for (const claims of [{ owner_id: 'team_other' }, { project_id: 'prj_other' }]) {
    await machine.write(theirs, { token: await issuer.mint(claims) });
    assert.equal(claimsOf(await find(machine)).project_id, PROJECT);
    assert.equal(claimsOf(await find(machine)).owner_id, TEAM);
  }
  assert.equal(machine.vercel.requests.length, 1);
});

test('names that are paths cause no write and no request', async (t) => {
  const machine = await readyMachine(t);
  for (const name of ['../../../evil', '..', 'a/b', 'a\\b', '--scope', '', 'a?teamId=x', 'x'.repeat(200), 'é']) {
    const error = await refused(find(machine, { refresh: { project: name } }), 'ERR_INVALID_OPTION');
    assert.match(error.message, /`project`/);
    assert.match((await refused(find(machine, { refresh: { project: 'a', team: name } }), 'ERR_INVALID_OPTION')).message, /`team`/);
    if (name === '') continue;
    await machine.link({ projectId: name, orgId: TEAM });
    assert.match(reasonOf(await refused(find(machine))), /project\.json` is malformed/);
  }
  assert.deepEqual([await machine.files(), machine.vercel.requests], [['auth.json', 'project.json'], []]);
});

test('kept tokens are for their owner’s eyes only, and whole', async (t) => {
  const machine = await readyMachine(t);
  const found = await find(machine);
  assert.equal(await machine.mode(machine.kept()), 0o600);
  assert.equal(await machine.mode(machine.path('data/com.vercel.token', TEAM)), 0o700);
  assert.deepEqual(await machine.readJson(machine.kept()), { token: found.value, project: PROJECT, team: TEAM });
  assert.deepEqual(await machine.files(), ['auth.json', `${PROJECT}.json`, 'project.json']);
});

test('a thousand callers at once make one refresh', async (t) => {
  const machine = await readyMachine(t);
  await machine.logIn({ refreshToken: 'old-refresh', token: 'cli-token', expiresAt: seconds() - 1 });
  const found = await Promise.all(Array.from({ length: 1000 }, () => find(machine)));
  assert.equal(new Set(found.map(({ value }) => value)).size, 1);
  assert.deepEqual(
    machine.vercel.requests.map(({ method }) => method),
    ['GET', 'POST', 'POST'],
  );
});

test('a thousand callers at once are told of one failure, and the next call tries again', async (t) => {
  const machine = await readyMachine(t);
  const { token } = machine.vercel.answers;
  machine.vercel.answers.token = async () => new Response('', { status: 503 });
  const outcomes = await Promise.allSettled(Array.from({ length: 1000 }, () => find(machine)));
  assert.ok(outcomes.every(({ reason }) => reason?.code === 'ERR_CREDENTIAL_INVALID' && reason.retryable));
  assert.equal(machine.vercel.requests.length, 1);
  machine.vercel.answers.token = token;
  assert.equal((await find(machine)).source, 'refresh');
});

test('the nearest linked folder upwards is the project', async (t) => {
  const machine = await readyMachine(t);
  await machine.write(machine.path('.vercel/project.json'), { projectId: 'prj_far', orgId: TEAM });
  assert.equal(claimsOf(await find(machine)).project_id, PROJECT);
  await machine.write(machine.path('project/src/.vercel/project.json'), { projectId: 'prj_near', orgId: TEAM });
  assert.equal(claimsOf(await find(machine)).project_id, 'prj_near');
  // A folder of that name without a link, as `vercel build` may leave it, is passed by.
  await mkdir(machine.path('project/src/deep/.vercel'));
  assert.equal(claimsOf(await find(machine)).project_id, 'prj_near');
});

test('hostile links, tokens and settings are refused or passed over, and never followed', async (t) => {
  const machine = await readyMachine(t);
  for (const link of ['', '{', '[]', 'null', '{"projectId":7}', '{"orgId":"team_1"}', { projectId: '' }]) {
    await machine.link(link);
    assert.match(reasonOf(await refused(find(machine))), /names no project/);
  }
  await machine.link('x'.repeat(100_000));
  assert.match(reasonOf(await refused(find(machine), 'ERR_CREDENTIALS_NOT_FOUND')), /belongs to no Vercel project/);
  await machine.link();
  for (const kept of [
    '',
    '{',
    'null',
    '{"token":7}',
    '{"token":"x"}',
    { token: await issuer.mint({}, { expiresIn: -1 }), project: PROJECT, team: TEAM },
    'x'.repeat(100_000),
  ]) {
    await machine.write(machine.kept(), kept);
    assert.equal((await find(machine)).source, 'refresh');
    assert.equal((await machine.readJson(machine.kept())).project, PROJECT);
  }
  // A link in the place of the kept token is replaced and not written through.
  await machine.write(machine.path('precious'), 'untouched');
  await rm(machine.kept());
  await symlink(machine.path('precious'), machine.kept());
  assert.equal((await find(machine)).source, 'refresh');
  assert.equal(await readFile(machine.path('precious'), 'utf8'), 'untouched');
});

test('a missing login or link is a state and not a fault', async (t) => {
  const machine = await makeMachine(t, issuer);
  const optional = () => countersign.getBearerTokenOptional(optionsOf(machine));
  assert.equal(await optional(), undefined);
  assert.match(reasonOf(await refused(find(machine), 'ERR_CREDENTIALS_NOT_FOUND')), /vercel link/);
  await machine.link();
  assert.equal(await optional(), undefined);
  assert.match(reasonOf(await refused(find(machine), 'ERR_CREDENTIALS_NOT_FOUND')), /vercel login/);
  for (const empty of ['', '{', '{}', 'null', { userId: 'user_1' }]) {
    await machine.logIn(empty);
    assert.equal(await optional(), undefined);
  }
  assert.match(
    reasonOf(await refused(find(machine, { env: { XDG_DATA_HOME: '', HOME: '', USERPROFILE: '' } }), 'ERR_CREDENTIALS_NOT_FOUND')),
    /XDG_DATA_HOME/,
  );
  assert.equal(machine.vercel.requests.length, 0);
});

test('a deployment never refreshes; `vercel dev` and a plain process do', async (t) => {
  const machine = await readyMachine(t);
  for (const env of [{ VERCEL_ENV: 'production' }, { VERCEL_ENV: 'preview', VERCEL: '1' }, { VERCEL: '1' }]) {
    assert.match(reasonOf(await refused(find(machine, { env }), 'ERR_CREDENTIALS_NOT_FOUND')), /deployment/);
  }
  assert.match(reasonOf(await refused(find(machine, { refresh: false }), 'ERR_CREDENTIALS_NOT_FOUND')), /switched it off/);
  assert.equal(machine.vercel.requests.length, 0);
  assert.equal((await find(machine, { env: { VERCEL_ENV: 'development', VERCEL: '1' } })).source, 'refresh');
});

test('answers that are no token are refused, and nothing is kept', async (t) => {
  const machine = await readyMachine(t);
  const expired = await issuer.mint({}, { expiresIn: -1 });
  const answers = {
    'an expired token': [() => Response.json({ token: expired }), /clock/],
    'no token': [() => Response.json({}), /no `token`/],
    'text that is no token': [() => Response.json({ token: 'hush' }), /no JWT/],
    'no JSON': [() => new Response('<html>hush</html>'), /the response of vercel/],
    'too much': [() => new Response('x'.repeat(100_000)), /is too large/],
    'a redirect': [() => Response.redirect('https://hush.example/'), /redirected/],
    'a refused login': [
      () => Response.json({ error: { code: 'forbidden', message: 'hush' } }, { status: 403 }),
      /forbidden: run `vercel login`/,
    ],
    'an unknown project': [() => Response.json({ error: { code: 'not_found', message: 'hush' } }, { status: 404 }), /run `vercel link`/],
    'a failure': [() => new Response('hush', { status: 500 }), /status 500/, true],
    'no connection': [() => Promise.reject(new TypeError('hush')), /no connection/, true],
  };
  for (const [what, [answer, reason, retryable = false]] of Object.entries(answers)) {
    machine.vercel.answers.token = async () => answer();
    const error = await refused(find(machine), 'ERR_CREDENTIAL_INVALID', 'hush', expired.slice(0, 40));
    assert.match(reasonOf(error), reason, what);
    assert.equal(error.retryable, retryable, what);
  }
  assert.deepEqual(await machine.files(), ['auth.json', 'project.json']);
});

test('an answer that never comes is given up in time', async (t) => {
  const machine = await readyMachine(t);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  machine.vercel.answers.token = () => new Promise(() => {});
  let settled = false;
  const outcome = find(machine)
    .catch((thrown) => thrown)
    .finally(() => (settled = true));
  while (machine.vercel.requests.length === 0) await new Promise(setImmediate);
  t.mock.timers.tick(9_999);
  await new Promise(setImmediate);
  assert.equal(settled, false);
  t.mock.timers.tick(1);
  assert.match(reasonOf(await outcome), /timed out/);
});

test('a clock that jumps makes a refusal or one more refresh, never a dead token', async (t) => {
  const machine = await readyMachine(t);
  const first = await find(machine);
  await later(13 * HOUR, async () => {
    // The issuer's clock has not moved: what it signs is dead here.
    const { token } = machine.vercel.answers;
    machine.vercel.answers.token = async () => Response.json({ token: first.value });
    assert.match(reasonOf(await refused(find(machine))), /is the clock of this machine right/);
    machine.vercel.answers.token = token;
    assert.ok((await find(machine)).expiresAt.getTime() > Date.now());
  });
  await later(-24 * HOUR, async () => assert.ok((await find(machine)).expiresAt.getTime() > Date.now()));
});

test('a home that cannot be written costs a refresh for each call and nothing else', async (t) => {
  const machine = await readyMachine(t);
  // A file where the folder should be: also root cannot write there.
  await machine.write(machine.path('data/com.vercel.token'), 'in the way');
  assert.equal((await find(machine)).source, 'refresh');
  assert.equal((await find(machine)).source, 'refresh');
  assert.equal(machine.vercel.requests.length, 2);
});

test('the description of the credentials fetches nothing', async (t) => {
  const machine = await makeMachine(t, issuer);
  const described = async (env) => {
    const report = await countersign.describeCredentials(optionsOf(machine, { env }));
    assert.deepEqual(
      report.sources.map(({ source }) => source),
      ['static-key', 'header', 'context', 'file', 'env', 'refresh'],
    );
    assert.ok(!shown(report, { inspect }).includes('cli-token'));
    return { ...report.sources.at(-1), selected: report.selected };
  };
  assert.match((await described()).reason, /vercel link/);
  await machine.link();
  assert.match((await described()).reason, /vercel login/);
  await machine.logIn();
  assert.deepEqual(await described(), { source: 'refresh', state: 'available', selected: 'refresh' });
  await machine.logIn({ token: 'cli-token', expiresAt: 1 });
  assert.deepEqual(await described(), {
    source: 'refresh',
    state: 'failed',
    reason: 'the login on this machine has ended: run `vercel login`',
    selected: undefined,
  });
  assert.deepEqual(await described({ VERCEL_TOKEN_STORAGE: 'keyring' }), { source: 'refresh', state: 'available', selected: 'refresh' });
  await machine.write(machine.kept(), { token: await issuer.mint(), project: PROJECT, team: TEAM });
  const { state, selected, expiresAt } = await described();
  assert.deepEqual([state, selected, expiresAt > new Date()], ['found', 'refresh', true]);
  assert.equal(machine.vercel.requests.length, 0);
});

test('a program of its own finds the kept token, imported and required', async (t) => {
  const machine = await readyMachine(t);
  await machine.write(machine.kept(), { token: await issuer.mint(), project: PROJECT, team: TEAM });
  const print = 'getBearerToken().then(({ source }) => console.log(source))';
  const installed = join(project, 'node_modules/countersign/dist');
  const programs = {
    'imported.mjs': `import { getBearerToken } from '${pathToFileURL(join(installed, 'inline/index.js'))}'; ${print};`,
    'required.cjs': `const { getBearerToken } = require('${join(installed, 'cjs/inline/index.js')}'); ${print};`,
  };
  for (const [name, program] of Object.entries(programs)) {
    await machine.write(machine.path('project', name), program);
    assert.equal(await command(process.execPath, [machine.path('project', name)], { env: machine.env }), 'refresh\n');
  }
});
