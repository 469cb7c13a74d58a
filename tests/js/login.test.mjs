// The login of Vercel's command line: renewed without ever being lost, or used through the command itself.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { installProject } from './install.mjs';
import { PROJECT, TEAM, makeMachine, shown } from './fakes/machine.mjs';

let project;
let countersign;
let issuer;
before(async () => {
  project = await installProject('login');
  const load = (file) => import(pathToFileURL(join(project, 'node_modules/countersign/dist/inline', file)));
  countersign = await load('index.js');
  issuer = await (await load('testing.js')).createTestIssuer();
});

const seconds = () => Math.floor(Date.now() / 1000);
const OLD = { '// Note': 'do not share', token: 'old-token', refreshToken: 'old-refresh', expiresAt: 1, userId: 'user_1' };

async function machineWithOldLogin(t) {
  const machine = await makeMachine(t, issuer);
  await machine.link();
  await machine.logIn(OLD);
  return machine;
}

const find = ({ env, vercel }, more = {}) => countersign.getBearerToken({ fetch: vercel.fetch, ...more, env: { ...env, ...more.env } });

async function refused(promise, pattern) {
  const error = await promise.then(
    (found) => assert.fail(`found ${found?.source}`),
    (thrown) => thrown,
  );
  assert.equal(error.code, 'ERR_CREDENTIAL_INVALID', error.stack);
  assert.match(error.causes.at(-1).reason, pattern);
  for (const secret of ['old-token', 'old-refresh', 'renewed-', 'next-', 'hush'])
    assert.ok(!shown(error, { inspect }).includes(secret), secret);
  return error;
}

test('an expired login is renewed, and what else its file says stays', async (t) => {
  const machine = await machineWithOldLogin(t);
  const before = await machine.mode(machine.login);
  assert.equal((await find(machine)).source, 'refresh');
  const [discovery, renewal, token] = machine.vercel.requests;
  assert.equal(discovery.url, 'https://vercel.com/.well-known/openid-configuration');
  assert.deepEqual(Object.fromEntries(new URLSearchParams(renewal.body)), {
    client_id: 'cl_HYyOPBNtFMfHhaUn9L4QPfTZz6TP47bp',
    grant_type: 'refresh_token',
    refresh_token: 'old-refresh',
  });
  assert.equal(token.authorization, 'Bearer renewed-1');
  const { expiresAt, ...login } = await machine.readJson(machine.login);
  assert.deepEqual(login, { '// Note': 'do not share', token: 'renewed-1', refreshToken: 'next-1', userId: 'user_1' });
  assert.ok(Number.isInteger(expiresAt) && Math.abs(expiresAt - seconds() - 3600) < 60);
  assert.equal(await machine.mode(machine.login), before);
  assert.deepEqual(await machine.files(), ['auth.json', `${PROJECT}.json`, 'project.json']);
});

test('a renewal without a new refresh token keeps the old one (RFC 6749 section 6)', async (t) => {
  const machine = await machineWithOldLogin(t);
  machine.vercel.answers.renew = async () => Response.json({ access_token: 'renewed-1', token_type: 'Bearer', expires_in: 60 });
  await find(machine);
  assert.equal((await machine.readJson(machine.login)).refreshToken, 'old-refresh');
});

test('a login without an expiry, or with one ahead, is used as it is', async (t) => {
  const machine = await machineWithOldLogin(t);
  for (const login of [{ token: 'a' }, { token: 'b', expiresAt: seconds() + 600, refreshToken: 'old-refresh' }]) {
    await machine.logIn(login);
    await fs.rm(machine.kept(), { force: true });
    await find(machine);
    assert.equal(machine.vercel.requests.at(-1).authorization, `Bearer ${login.token}`);
    assert.deepEqual(await machine.readJson(machine.login), login);
  }
  assert.equal(machine.vercel.count('openid-configuration'), 0);
});

test('defect: whatever the renewal answers, the login file stays', async (t) => {
  const machine = await machineWithOldLogin(t);
  const answers = {
    'a network error': [() => Promise.reject(new TypeError('hush')), /could not be renewed: vercel could not be reached/, true],
    'a failure': [() => new Response('hush', { status: 502 }), /status 502/, true],
    'a busy server': [() => new Response('hush', { status: 429 }), /status 429/, true],
    'no JSON': [() => new Response('hush'), /could not be renewed/],
    'no login': [() => Response.json({ note: 'hush' }), /could not be renewed/],
    'another kind of token': [() => Response.json({ access_token: 'hush', token_type: 'DPoP', expires_in: 60 }), /token_type/],
    'a refusal': [() => Response.json({ error: 'invalid_grant', error_description: 'hush' }, { status: 400 }), /run `vercel login`/],
  };
  const { discovery, renew } = machine.vercel.answers;
  for (const [what, [answer, reason, retryable = false]] of Object.entries(answers)) {
    for (const step of ['discovery', 'renew']) {
      Object.assign(machine.vercel.answers, { discovery, renew, [step]: async () => answer() });
      const error = await find(machine).catch((thrown) => thrown);
      assert.equal(error.code, 'ERR_CREDENTIAL_INVALID', what);
      if (step === 'renew') await refused(Promise.reject(error), reason);
      assert.equal(error.retryable, retryable, `${what} of ${step}`);
      assert.deepEqual(await machine.readJson(machine.login), OLD, `${what} of ${step}`);
    }
  }
  assert.deepEqual(await machine.files(), ['auth.json', 'project.json']);
});

test('a refresh token is not used up where the new login could not be kept', async (t) => {
  const machine = await machineWithOldLogin(t);
  const { open } = fs;
  // Root may write anywhere: a disk that is read-only stops it too.
  t.mock.method(fs, 'open', async (file, flags, mode) => {
    if (flags !== 'r') throw Object.assign(new Error('hush'), { code: 'EROFS' });
    return open.call(fs, file, flags, mode);
  });
  await refused(find(machine), /its file cannot be written \(EROFS\)/);
  assert.equal(machine.vercel.count('/login/oauth/token'), 0);
});

test('a login that someone made meanwhile is kept, and used', async (t) => {
  const machine = await machineWithOldLogin(t);
  const { renew } = machine.vercel.answers;
  const newer = { token: 'newer', userId: 'user_2' };
  machine.vercel.answers.renew = async () => {
    await machine.logIn(newer);
    return renew();
  };
  await find(machine);
  assert.equal(machine.vercel.requests.at(-1).authorization, 'Bearer newer');
  assert.deepEqual(await machine.readJson(machine.login), newer);
});

test('a log-out during a renewal stays', async (t) => {
  const machine = await machineWithOldLogin(t);
  const { renew } = machine.vercel.answers;
  for (const logOut of [() => fs.rm(machine.login), () => machine.logIn({})]) {
    await machine.logIn(OLD);
    machine.vercel.answers.renew = async () => {
      await logOut();
      return renew();
    };
    const error = await find(machine).catch((thrown) => thrown);
    assert.equal(error.code, 'ERR_CREDENTIALS_NOT_FOUND', error.stack);
    assert.match(error.causes.at(-1).reason, /nobody is logged in/);
    const left = await fs.readFile(machine.login, 'utf8').catch(() => '{}');
    assert.deepEqual(JSON.parse(left), {});
  }
  assert.equal(machine.vercel.count('/token?source='), 0);
});

test('a refresh token that another process has used up is no loss', async (t) => {
  const machine = await machineWithOldLogin(t);
  const theirs = { ...OLD, token: 'theirs', refreshToken: 'their-next', expiresAt: seconds() + 600 };
  machine.vercel.answers.renew = async () => {
    await machine.logIn(theirs);
    return Response.json({ error: 'invalid_grant' }, { status: 400 });
  };
  await find(machine);
  assert.equal(machine.vercel.requests.at(-1).authorization, 'Bearer theirs');
  assert.deepEqual(await machine.readJson(machine.login), theirs);
});

/** Makes an operation of open files fail from now on, with this code. */
async function failHandles(t, method, code, when = () => true) {
  const handle = await fs.open(process.execPath, 'r');
  const prototype = Object.getPrototypeOf(handle);
  await handle.close();
  const original = prototype[method];
  return t.mock.method(prototype, method, async function (...args) {
    if (when(...args)) throw Object.assign(new Error('hush'), { code });
    return original.apply(this, args);
  });
}

test('a full disk is noticed before the refresh token is used', async (t) => {
  const machine = await machineWithOldLogin(t);
  const full = await failHandles(t, 'write', 'ENOSPC');
  await refused(find(machine), /its file cannot be written \(ENOSPC\)/);
  assert.equal(machine.vercel.count('/login/oauth/token'), 0);
  assert.deepEqual(await machine.readJson(machine.login), OLD);
  assert.deepEqual(await machine.files(), ['auth.json', 'project.json']);
  full.mock.restore();
  assert.equal((await find(machine)).source, 'refresh');
});

test('the space for the new login is on the disk before the old refresh token is used', async (t) => {
  const machine = await machineWithOldLogin(t);
  const { renew } = machine.vercel.answers;
  let sizes;
  machine.vercel.answers.renew = async () => {
    const folder = machine.path('data/com.vercel.cli');
    sizes = await Promise.all(
      (await fs.readdir(folder))
        .filter((name) => name.endsWith('.tmp'))
        .map(async (name) => (await fs.stat(join(folder, name))).blocks * 512),
    );
    return renew();
  };
  await find(machine);
  assert.ok(sizes.length === 1 && sizes[0] >= 16_384, String(sizes));
});

test('a renewed login that cannot be written is told, tried again, and kept meanwhile', async (t) => {
  const machine = await machineWithOldLogin(t);
  const warnings = [];
  const listen = (warning) => warning.code === 'COUNTERSIGN_LOGIN_NOT_SAVED' && warnings.push(warning);
  process.on('warning', listen);
  t.after(() => process.off('warning', listen));
  const { rename } = fs;
  let broken = true;
  t.mock.method(fs, 'rename', async (from, to) => {
    if (broken && to === machine.login) throw Object.assign(new Error('hush'), { code: 'EIO' });
    return rename.call(fs, from, to);
  });
  assert.equal((await find(machine)).source, 'refresh');
  await new Promise(setImmediate);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0].message, /could not be written to .*auth\.json \(EIO\)/);
  assert.ok(!shown(warnings[0], { inspect }).includes('renewed-1'));
  assert.deepEqual(await machine.readJson(machine.login), OLD);
  await fs.rm(machine.kept());
  await find(machine);
  assert.equal(machine.vercel.requests.at(-1).authorization, 'Bearer renewed-1', 'the process has it');
  assert.equal(machine.vercel.count('/login/oauth/token'), 1);
  broken = false;
  await fs.rm(machine.kept());
  await find(machine);
  assert.deepEqual((({ token, refreshToken }) => ({ token, refreshToken }))(await machine.readJson(machine.login)), {
    token: 'renewed-1',
    refreshToken: 'next-1',
  });
  assert.equal(machine.vercel.count('/login/oauth/token'), 1);
});

test('owner, group and mode stay, and links are followed', async (t) => {
  const machine = await machineWithOldLogin(t);
  const real = machine.path('elsewhere/login.json');
  await machine.write(real, OLD);
  await fs.rm(machine.login);
  await fs.symlink('../../elsewhere/login.json', machine.login);
  await fs.chmod(real, 0o640);
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) await fs.chown(real, 12_345, 54_321);
  await find(machine);
  assert.equal((await fs.lstat(machine.login)).isSymbolicLink(), true);
  assert.equal((await machine.readJson(real)).token, 'renewed-1');
  assert.equal(await machine.mode(real), 0o640);
  const { uid, gid } = await fs.stat(real);
  if (isRoot) assert.deepEqual([uid, gid], [12_345, 54_321]);
});

test('a login of another user is left alone where it could not be given back', async (t) => {
  const machine = await machineWithOldLogin(t);
  const { stat } = fs;
  t.mock.method(fs, 'stat', async (file, ...rest) => {
    const found = await stat.call(fs, file, ...rest);
    return file === machine.login ? Object.assign(found, { uid: 12_345 }) : found;
  });
  await failHandles(t, 'chown', 'EPERM');
  await refused(find(machine), /its file belongs to another user/);
  assert.equal(machine.vercel.count('/login/oauth/token'), 0);
  assert.deepEqual(await machine.readJson(machine.login), OLD);
});

test('processes that renew at once share one renewal', async (t) => {
  const machine = await machineWithOldLogin(t);
  const uses = machine.path('uses');
  await fs.writeFile(uses, '');
  const entry = pathToFileURL(join(project, 'node_modules/countersign/dist/inline/index.js')).href;
  const token = await issuer.mint();
  const script = fileURLToPath(new URL('./fakes/renews.mjs', import.meta.url));
  const runs = Array.from({ length: 4 }, async () => {
    const child = spawn(process.execPath, [script, entry, token, uses], { env: machine.env, stdio: ['ignore', 'pipe', 'pipe'] });
    const [output, problems] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return output || problems;
  });
  assert.deepEqual(await Promise.all(runs), Array(4).fill('found'));
  assert.equal(await fs.readFile(uses, 'utf8'), 'old-refresh\n');
  assert.equal((await machine.readJson(machine.login)).refreshToken, 'next');
  assert.ok(!(await machine.files()).some((name) => name.endsWith('.lock')));
});

test('a lock that a process has left behind is taken over', async (t) => {
  const machine = await machineWithOldLogin(t);
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  const lock = `${machine.login}.lock`;
  for (const holder of [
    { host: hostname(), pid },
    { host: hostname(), pid: process.pid },
  ]) {
    await machine.logIn(OLD);
    await fs.rm(machine.kept(), { force: true });
    await machine.write(lock, holder);
    assert.equal((await find(machine)).source, 'refresh');
  }
  assert.ok(!(await machine.files()).includes('auth.json.lock'));
});

/** What the package does with files, one operation after the other. */
const OPERATIONS = ['stat', 'open', 'mkdir', 'chmod', 'rename', 'rm', 'link', 'writeFile'];
const HANDLE_OPERATIONS = ['read', 'write', 'truncate', 'stat', 'chmod', 'sync', 'close'];

/** Runs with the file operation of this number failing; whether there was one of that number. */
async function withFailure(number, run) {
  let count = 0;
  const originals = Object.fromEntries(OPERATIONS.map((name) => [name, fs[name]]));
  const counted =
    (work, self) =>
    async (...args) => {
      if (count++ !== number) return work.apply(self, args);
      // Node.js complains of files that are never closed.
      if (work.name === 'close') await work.apply(self, args);
      throw Object.assign(new Error('injected'), { code: 'EIO' });
    };
  for (const name of OPERATIONS) {
    fs[name] = counted(async (...args) => {
      const result = await originals[name].apply(fs, args);
      if (name === 'open') for (const method of HANDLE_OPERATIONS) result[method] = counted(result[method], result);
      return result;
    });
  }
  try {
    await run();
  } finally {
    Object.assign(fs, originals);
  }
  return count > number;
}

test('a login file survives the failure of every file operation', async (t) => {
  const machine = await machineWithOldLogin(t);
  let number = 0;
  const outcomes = new Set();
  for (;;) {
    await machine.logIn(OLD);
    await fs.rm(machine.path('data/com.vercel.token'), { recursive: true, force: true });
    const failed = await withFailure(number, () =>
      find(machine).then(
        () => 'found',
        (error) => assert.ok(error instanceof countersign.CountersignError, error.stack),
      ),
    );
    const login = await machine.readJson(machine.login);
    // Whole: the old one or a new one, and with whom it belongs to.
    assert.equal(login.userId, 'user_1');
    assert.ok(
      login.token === 'old-token' ? login.refreshToken === 'old-refresh' : login.token.replace('renewed', 'next') === login.refreshToken,
      JSON.stringify(login),
    );
    outcomes.add(login.token === 'old-token' ? 'old' : 'new');
    if (!failed) break;
    number += 1;
  }
  assert.ok(number > 20, `${number} operations`);
  assert.deepEqual([...outcomes].sort(), ['new', 'old']);
});

test('a login file survives a process that dies before any of its file operations', async (t) => {
  const machine = await machineWithOldLogin(t);
  const script = machine.path('dies.mjs');
  await fs.copyFile(new URL('./fakes/dies.mjs', import.meta.url), script);
  const token = await issuer.mint();
  const outcomes = new Set();
  for (let number = 0; ; number += 1) {
    await machine.logIn(OLD);
    await fs.rm(machine.path('data/com.vercel.token'), { recursive: true, force: true });
    const entry = pathToFileURL(join(project, 'node_modules/countersign/dist/inline/index.js')).href;
    const { status, signal, stderr } = spawnSync(process.execPath, [script, entry, String(number), token], {
      env: machine.env,
      encoding: 'utf8',
    });
    assert.ok(signal === 'SIGKILL' || status === 0, stderr);
    const login = await machine.readJson(machine.login);
    assert.equal(login.userId, 'user_1');
    outcomes.add(`${login.token} ${login.refreshToken}`);
    if (signal === null) break;
  }
  assert.deepEqual([...outcomes].sort(), ['new-token new-refresh', 'old-token old-refresh']);
});

test('logins in a keyring, and those bound to a key, are used through the command', async (t) => {
  const machine = await machineWithOldLogin(t);
  const token = await issuer.mint({ environment: 'development' });
  await machine.command(`echo '${JSON.stringify({ token })}'`);
  const settings = machine.path('data/com.vercel.cli/config.json');
  const cases = {
    'VERCEL_TOKEN_STORAGE=keyring': async () => ({ VERCEL_TOKEN_STORAGE: 'keyring' }),
    '__VERCEL_FF_DPOP=1': async () => ({ __VERCEL_FF_DPOP: '1' }),
    credStorage: async () => (await machine.write(settings, { credStorage: 'keyring' }), {}),
    'auto, and no login in the file': async () => (await machine.write(settings, { credStorage: 'auto' }), await machine.logIn({}), {}),
  };
  for (const [what, prepare] of Object.entries(cases)) {
    await fs.rm(machine.path('data/com.vercel.token'), { recursive: true, force: true });
    assert.equal((await find(machine, { env: await prepare() })).value, token, what);
    assert.deepEqual((await fs.readFile(machine.path('arguments'), 'utf8')).trim().split('\n'), [
      'project',
      'token',
      PROJECT,
      '--format=json',
      '--scope',
      TEAM,
    ]);
  }
  assert.equal(machine.vercel.requests.length, 0);
  await machine.write(settings, { credStorage: 'auto' });
  await machine.logIn({ token: 'in-the-file' });
  await fs.rm(machine.path('data/com.vercel.token'), { recursive: true, force: true });
  await find(machine);
  assert.equal(machine.vercel.requests.at(-1).authorization, 'Bearer in-the-file');
});

test('the command of the project’s own packages is found too', async (t) => {
  const machine = await machineWithOldLogin(t);
  const token = await issuer.mint();
  await machine.command(`echo '${JSON.stringify({ token })}'`);
  await fs.mkdir(machine.path('project/node_modules/.bin'), { recursive: true });
  await fs.rename(machine.path('bin/vercel'), machine.path('project/node_modules/.bin/vercel'));
  assert.equal((await find(machine, { env: { __VERCEL_FF_DPOP: '1' } })).value, token);
});

test('a command that fails is said to, in its words and without secrets', async (t) => {
  const machine = await machineWithOldLogin(t);
  const env = { __VERCEL_FF_DPOP: '1' };
  const secret = `hush-${'0123456789'.repeat(4)}`;
  await refused(find(machine, { env }), /the command `vercel` is not installed/);
  const failures = {
    'echo "Vercel CLI 99"; echo "Error: Not authorized" >&2; exit 1': /failed: Error: Not authorized/,
    [`echo "Error: ${secret} is expired" >&2; exit 1`]: /failed: Error: \[…\] is expired/,
    'exit 3': /it says nothing/,
    'echo hush': /vercel project token/,
    'echo \'{"token":"hush"}\'': /no JWT/,
    'head -c 100000 /dev/zero': /failed|more/,
    'cat; echo "{}"': /no `token`/,
  };
  for (const [script, reason] of Object.entries(failures)) {
    await machine.command(script);
    await refused(find(machine, { env }), reason);
  }
  await refused(find(machine, { env: { VERCEL_TOKEN_STORAGE: 'vault' } }), /must be `file`, `keyring` or `auto`/);
});

test('a thousand callers at once run the command once', async (t) => {
  const machine = await machineWithOldLogin(t);
  const token = await issuer.mint();
  await machine.command(`echo x >> '${machine.path('runs')}'; echo '${JSON.stringify({ token })}'`);
  const found = await Promise.all(Array.from({ length: 1000 }, () => find(machine, { env: { VERCEL_TOKEN_STORAGE: 'keyring' } })));
  assert.ok(found.every(({ value }) => value === token));
  assert.equal(await fs.readFile(machine.path('runs'), 'utf8'), 'x\n');
});
