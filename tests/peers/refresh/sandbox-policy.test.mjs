// The policy writer: the real SDK, a fake of its API on this machine that applies the policy, and programs in sandboxes that call the gateway.
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { inspect } from 'node:util';
import { Sandbox } from '@vercel/sandbox';
import { AGENT, AGENT_PROGRAM } from '../../../www/scripts/agent-program.mjs';
import { CREDENTIALS, startSandboxApi } from '../../../www/scripts/sandbox-api.mjs';
import { startTokenGate } from '../../../www/scripts/token-gate.mjs';
import { importPackage } from '../package-under-test.mjs';

const { countersign, refresh, testing } = await importPackage('peers-refresh-sandbox-policy');
const issuer = await testing.createTestIssuer();
const DOMAIN = 'ai-gateway.vercel.sh';
const GET = 'GET sandbox';
const UPDATE = [GET, 'PATCH sandbox', 'POST network-policy'];

let gateway;
let api;
let sdk;
before(async () => {
  gateway = await startTokenGate(countersign.createVerifier({ issuer: issuer.issuer, audience: null, jwks: issuer.jwks }));
  api = await startSandboxApi({ hosts: { [DOMAIN]: gateway.url, 'example.com': gateway.url } });
  sdk = { ...CREDENTIALS, fetch: api.fetch };
});
after(() => Promise.all([api?.stop(), gateway?.stop()]));

const writerOf = (options) =>
  refresh.createSandboxPolicyWriter({
    sandbox: ({ id }, { signal }) => Sandbox.get({ ...sdk, name: id, resume: false, signal }),
    policy: { allow: { '*': [] } },
    ...options,
  });

const run = (id, token, options) => refresh.refreshAll([{ id }], writerOf(options), { token: () => token });

/** A sandbox with the program in it; its policy has the token, if there is one. */
async function startSandbox(name, { token, key = 'set-by-the-firewall' } = {}) {
  const rules = token ? [{ transform: [{ headers: { authorization: `Bearer ${token}`, 'ai-gateway-auth-method': 'oidc' } }] }] : [];
  const sandbox = await Sandbox.create({ ...sdk, name, env: { AI_GATEWAY_API_KEY: key }, networkPolicy: { allow: { [DOMAIN]: rules } } });
  await sandbox.writeFiles([{ path: AGENT, content: AGENT_PROGRAM }]);
  const state = api.sandboxes.get(name);
  state.requests.length = 0;
  return Object.assign(state, { sandbox });
}

const answersOf = async ({ folder }) =>
  (await readFile(`${folder}/sandbox/answers`, 'utf8').catch(() => ''))
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split(' '));

async function untilAnswered(state, condition) {
  for (;;) {
    const answers = await answersOf(state);
    if (condition(answers)) return answers;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The statuses of one run of the program: gateway 3, gateway 4. */
async function ask(state, env) {
  const before = (await answersOf(state)).length;
  await state.sandbox.runCommand({ cmd: process.execPath, args: [AGENT], ...(env && { env }) });
  return (await answersOf(state)).slice(before).map(([, , status]) => status);
}

/** Every file of a folder, as text. */
async function filesIn(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return Promise.all(
    entries.filter((entry) => entry.isFile()).map((entry) => readFile(join(entry.parentPath ?? entry.path, entry.name), 'latin1')),
  );
}

test('a running program gets the fresh token at the firewall, without a restart, and the token is nowhere in the sandbox', async () => {
  const [stale, fresh, fresher] = [await issuer.mint({}, { expiresIn: -60 }), await issuer.mint(), await issuer.mint({ jti: '2' })];
  const state = await startSandbox('agent', { token: stale });
  await state.sandbox.runCommand({ cmd: process.execPath, args: [AGENT, 'loop'], detached: true });
  await untilAnswered(state, (answers) => answers.length >= 2 && answers.every(([, , status]) => status === '401'));
  state.requests.length = 0;

  for (const token of [fresh, fresher]) {
    const summary = await run('agent', token);
    assert.deepEqual([summary.refreshed, summary.failures], [1, []]);
    const from = gateway.requests.length;
    while (
      !['/v3/', '/v4/'].every((path) =>
        gateway.requests.slice(from).some((seen) => seen.path.startsWith(path) && seen.token === token && seen.status === 200),
      )
    ) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  assert.equal(new Set((await answersOf(state)).map(([pid]) => pid)).size, 1, 'one process all the time');
  assert.equal(gateway.requests.at(-1).authMethod, 'oidc', 'the method fits the token');

  assert.deepEqual(state.requests, [...UPDATE, ...UPDATE], 'no file is written and no command is run');
  const [child] = state.processes.filter(({ exitCode }) => exitCode === null);
  const places = [
    JSON.stringify(state.env),
    await readFile(`/proc/${child.pid}/environ`, 'latin1'),
    await readFile(`/proc/${child.pid}/cmdline`, 'latin1'),
    ...(await filesIn(state.folder)),
  ];
  assert.ok(places.length > 4);
  for (const token of [stale, fresh, fresher]) for (const place of places) assert.ok(!place.includes(token.split('.')[2]));
  child.kill('SIGKILL');
});

test('the rules of the template stay as they are, and the rule of the credential is where it applies', async () => {
  const token = await issuer.mint();
  const state = await startSandbox('rules');
  const github = [
    { match: { method: ['GET'] }, transform: [{ headers: { authorization: 'Bearer of-github' } }] },
    { response: { statusCode: 403 } },
  ];
  const blocked = { match: { path: { startsWith: '/v4/' } }, response: { statusCode: 418 } };
  const template = {
    allow: { 'api.github.com': github, [DOMAIN]: [blocked], '*': [] },
    subnets: { allow: ['10.0.0.0/8'], deny: ['10.1.0.0/16'] },
  };
  const frozen = JSON.stringify(template);
  assert.equal((await run('rules', token, { policy: template })).refreshed, 1);
  const credential = { transform: [{ headers: { authorization: `Bearer ${token}`, 'ai-gateway-auth-method': 'oidc' } }] };
  const expected = { allow: { [DOMAIN]: [blocked, credential], 'api.github.com': github, '*': [] }, subnets: template.subnets };
  assert.deepEqual(state.policy, expected);
  assert.deepEqual(state.defaultPolicy, expected, 'for later sessions too');
  assert.equal(JSON.stringify(template), frozen, 'the template is not changed');
  assert.deepEqual(await ask(state), ['200', '418']);

  const rest = { response: { statusCode: 451 } };
  await run('rules', token, { policy: { allow: { [DOMAIN]: [rest] } }, match: { path: { startsWith: '/v4/' } } });
  assert.deepEqual(await ask(state), ['451', '200'], 'a last rule for the rest applies to what does not match');
  await run('rules', 'a-static-key', { policy: {}, domain: 'example.com' });
  assert.deepEqual(state.policy.allow, { 'example.com': [{ transform: [{ headers: { authorization: 'Bearer a-static-key' } }] }] });
});

test('with a placeholder only the program that has it gets the credential', async () => {
  const placeholder = 'placeholder-of-one-sandbox-3f9c';
  const state = await startSandbox('placeholder', { key: placeholder });
  await run('placeholder', await issuer.mint(), { placeholder: ({ id }) => `${id}-of-one-sandbox-3f9c` });
  assert.deepEqual(await ask(state), ['200', '200']);
  assert.deepEqual(await ask(state, { AI_GATEWAY_API_KEY: 'a-guess' }), ['401', '401']);
  assert.equal(gateway.requests.at(-1).token, 'a-guess', 'what does not match goes out as it is');
  const [{ match }] = state.policy.allow[DOMAIN];
  assert.deepEqual(match, { headers: [{ key: { regex: '(?i)^authorization$' }, value: { exact: `Bearer ${placeholder}` } }] });

  const options = { headers: ({ value }) => ({ 'x-api-key': value }), placeholder: () => placeholder, match: () => ({ method: ['POST'] }) };
  await run('placeholder', 'a-static-key', options);
  assert.deepEqual(state.policy.allow[DOMAIN], [
    {
      match: { method: ['POST'], headers: [{ key: { regex: '(?i)^x-api-key$' }, value: { exact: placeholder } }] },
      transform: [{ headers: { 'x-api-key': 'a-static-key' } }],
    },
  ]);
  const basic = (value) => `Basic ${Buffer.from(`x-access-token:${value}`).toString('base64')}`;
  await run('placeholder', 'a-static-key', {
    headers: ({ value }) => ({ authorization: basic(value), accept: 'a/b' }),
    placeholder: () => placeholder,
  });
  assert.deepEqual(state.policy.allow[DOMAIN], [
    {
      match: { headers: [{ key: { regex: '(?i)^authorization$' }, value: { exact: basic(placeholder) } }] },
      transform: [{ headers: { authorization: basic('a-static-key'), accept: 'a/b' } }],
    },
  ]);
  for (const weak of ['short', '', undefined, 'with a space in the middle of it', 'line\nbreak-in-the-middle']) {
    const { failures } = await run('placeholder', 'a-static-key', { placeholder: () => weak });
    assert.match(failures[0].reason, /^ERR_INVALID_OPTION: `placeholder` must return 16/, String(weak));
  }
});

test('a stopped sandbox is not started, one that is deleted is forgotten, and a look-up without a name forgets nothing', async () => {
  const state = await startSandbox('stopped');
  state.status = 'stopped';
  const registry = refresh.createMemoryRegistry();
  for (const id of ['stopped', 'deleted']) await registry.add(id);
  const summary = await refresh.refreshAll(registry, writerOf(), { token: () => issuer.mint() });
  assert.deepEqual([summary.refreshed, summary.skipped['not-running'], summary.skipped.gone], [0, 1, 1]);
  assert.deepEqual(state.requests, [GET]);
  assert.equal(state.status, 'stopped');
  assert.deepEqual(
    (await registry.list()).targets.map(({ id }) => id),
    ['stopped'],
  );

  const nameless = writerOf({ sandbox: ({ id }) => Sandbox.get({ ...sdk, sandboxId: id, resume: false }) });
  const wrong = await refresh.refreshAll(registry, nameless, { token: () => issuer.mint() });
  assert.match(wrong.failures[0].reason, /`sandbox` must pass the `name`/);
  assert.equal((await registry.list()).targets.length, 1);
});

test('a sandbox that stops between look-up and update has the token when it is resumed, and is not started', async () => {
  const state = await startSandbox('stops');
  const sandbox = async ({ id }) => {
    const found = await Sandbox.get({ ...sdk, name: id, resume: false });
    state.status = 'stopped';
    return found;
  };
  const token = await issuer.mint();
  assert.equal((await run('stops', token, { sandbox })).refreshed, 1);
  assert.equal(state.status, 'stopped');
  state.sandbox = await Sandbox.get({ ...sdk, name: 'stops', resume: true });
  assert.deepEqual(await ask(state), ['200', '200']);
});

test('a sandbox that is resumed with an expired token gets a fresh one from onResume', async () => {
  const state = await startSandbox('resumed', { token: await issuer.mint({}, { expiresIn: -60 }) });
  state.status = 'stopped';
  const token = await issuer.mint();
  const onResume = async (sandbox) => {
    const summary = await refresh.refreshAll([sandbox.name], writerOf({ sandbox: () => sandbox }), { token: () => token });
    assert.equal(summary.refreshed, 1, JSON.stringify(summary));
  };
  state.sandbox = await Sandbox.get({ ...sdk, name: 'resumed', resume: true, onResume });
  assert.deepEqual(await ask(state), ['200', '200']);
});

test('an update that is done by half is a failure, and the next run repeats the whole', async () => {
  const state = await startSandbox('half');
  const registry = refresh.createMemoryRegistry();
  await registry.add('half');
  const token = await issuer.mint();
  state.fault = {
    on: 'network-policy',
    status: 400,
    body: { error: { code: 'bad_request', message: `unknown member allow in ${token}` } },
  };
  const options = { token: () => token };
  const first = await refresh.refreshAll(registry, writerOf(), options);
  assert.deepEqual(first.failures, [
    {
      id: 'half',
      reason: 'Error: the policy is set for later sessions, not for the running one: status 400: unknown member allow in [redacted]',
    },
  ]);
  assert.deepEqual(state.requests, UPDATE, 'a 400 is not sent again');
  assert.equal((await registry.list()).targets[0].until, undefined, 'nothing is noted');
  state.fault = undefined;
  state.requests.length = 0;
  assert.equal((await refresh.refreshAll(registry, writerOf(), options)).refreshed, 1);
  assert.deepEqual(state.requests, UPDATE);
});

test('the refusal of the service is told with its text, and with no header value of the policy', async () => {
  const state = await startSandbox('refused');
  const token = await issuer.mint();
  const policy = { allow: { 'api.github.com': [{ transform: [{ headers: { authorization: 'Bearer ghp-secret' } }] }] } };
  state.fault = { on: 'PATCH', status: 400, body: { error: { message: `bad: ghp-secret, Bearer ghp-secret, ${token}` } } };
  const { failures } = await run('refused', token, { policy });
  assert.equal(failures[0].reason, 'Error: the policy was not set: status 400: bad: [redacted], [redacted], [redacted]');
  state.fault = { on: 'PATCH', status: 400, body: { detail: 'a body of another shape' } };
  assert.match((await run('refused', token, { policy })).failures[0].reason, /status 400: \{"detail":"a body of another shape"\}/);
});

test('what is read back from the service is refused', async () => {
  await startSandbox('lossy', { token: await issuer.mint() });
  const readBack = async ({ id }) => (await Sandbox.get({ ...sdk, name: id, resume: false })).networkPolicy;
  const { failures } = await run('lossy', await issuer.mint(), { policy: readBack, domain: 'example.com' });
  assert.match(failures[0].reason, /ERR_INVALID_OPTION: .*was read back from a sandbox and is redacted/);
  const policy = await readBack({ id: 'lossy' });
  assert.throws(() => writerOf({ policy, domain: 'example.com' }), { code: 'ERR_INVALID_OPTION' });
});

test('a handle that would leave out half of the update is refused', async () => {
  await startSandbox('handle');
  const session = async ({ id }) => (await Sandbox.get({ ...sdk, name: id, resume: false })).currentSession();
  assert.match((await run('handle', 'key', { sandbox: session })).failures[0].reason, /`sandbox` must return the Sandbox itself/);
  const old = () => ({ status: 'running', updateNetworkPolicy: async () => {} });
  assert.match((await run('handle', 'key', { sandbox: old })).failures[0].reason, /`sandbox` must return a sandbox with `update\(\)`/);
});

test('overlapping runs write once, and an older token never replaces a later one', async () => {
  const state = await startSandbox('twice');
  const registry = refresh.createMemoryRegistry();
  await registry.add('twice');
  const [older, newer] = [await issuer.mint({}, { expiresIn: 2000 }), await issuer.mint({}, { expiresIn: 2400 })];
  const runs = await Promise.all([1, 2].map(() => refresh.refreshAll(registry, writerOf(), { token: () => newer })));
  assert.equal(runs[0].refreshed + runs[1].refreshed, 1);
  assert.deepEqual(state.requests, UPDATE);
  const summary = await refresh.refreshAll(registry, writerOf(), { token: () => older });
  assert.equal(summary.skipped.fresh, 1);
  assert.ok(JSON.stringify(state.policy).includes(newer));
});

test('the writer shows no token, whatever it throws', async () => {
  const token = await issuer.mint();
  const write = writerOf({ policy: () => ({ allow: { [DOMAIN]: [{ response: { statusCode: 403 } }] } }) });
  const thrown = await write({ id: 'agent' }, { value: token }, { signal: new AbortController().signal }).catch((error) => error);
  assert.equal(thrown.code, 'ERR_INVALID_OPTION');
  assert.equal(thrown.option, `policy.allow['${DOMAIN}'][0]`);
  for (const text of [inspect(thrown, { depth: 9, showHidden: true }), String(thrown), JSON.stringify(thrown), thrown.stack])
    assert.ok(!text.includes(token.slice(-30)));
  const broken = await run('agent', `${token}\r\nx-evil: 1`);
  assert.match(broken.failures[0].reason, /^ERR_INVALID_OPTION: `headers\.authorization` must not contain a line break or NUL$/);
});
