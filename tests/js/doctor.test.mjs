// `countersign doctor`, against issuers on this machine that are well, odd and broken.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { countersign } from './cli.mjs';
import { installProject } from './install.mjs';
import { command } from './runtimes/command.mjs';

let project, createTestIssuer;
const servers = [];
before(async () => {
  project = await installProject('doctor');
  ({ createTestIssuer } = await import(pathToFileURL(join(project, 'node_modules/countersign/dist/inline/testing.js'))));
});
after(() => {
  for (const server of servers) server.closeAllConnections(server.close());
});

/** A server of its own, answering as `answer(path, response)` says. */
async function serve(answer) {
  const server = createServer((request, response) => answer(request.url, response));
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${server.address().port}`;
}

/** Where nothing listens any more. */
async function closed() {
  const url = await serve(() => undefined);
  servers.pop().close();
  return url;
}

/** Discovery as it should be, and the key set that is given. */
async function issuing(keys, headers = {}) {
  const url = await serve((path, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    response.end(JSON.stringify(path === '/jwks' ? { keys } : { issuer: url, jwks_uri: `${url}/jwks` }));
  });
  return url;
}

async function doctor(args, env, folder = project) {
  const result = await countersign(folder, ['doctor', '--json', ...args], { env });
  assert.doesNotMatch(result.stderr, /\n\s+at /);
  return { ...result, report: JSON.parse(result.stdout) };
}

/** A folder with these dotenv files, in which the package is installed. */
async function folderWith(files) {
  const folder = await mkdtemp(join(project, 'dotenv-'));
  await symlink(join(project, 'node_modules'), join(folder, 'node_modules'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}
const found = ({ report }, title) => report.sections.find((section) => section.title.startsWith(title))?.checks ?? [];
const states = (result, title) => found(result, title).map(({ name, state }) => `${name}: ${state}`);

describe('the chain', () => {
  test('what is in use, and why the others are not', async () => {
    const token = await (await createTestIssuer()).mint();
    const result = await doctor(['--offline'], { VERCEL_OIDC_TOKEN: token });
    assert.equal(result.code, 0, result.stdout);
    const env = found(result, 'Credential chain').find(({ name }) => name === 'env');
    assert.match(env.message, /^in use: `VERCEL_OIDC_TOKEN`, expires in/);
    assert.match(found(result, 'Credential chain').find(({ name }) => name === 'header').message, /only within a request/);
    assert.deepEqual(states(result, 'Its token'), ['subject: ok', 'issuer: ok', 'expires: ok']);
    assert.ok(!result.stdout.includes(token.split('.')[2]));
  });

  test('a key before a token, an expired token, a broken one, and nothing', async () => {
    const issuer = await createTestIssuer();
    const key = 'vck_9f3bA7cQd81LmN20';
    const both = await doctor(['--offline'], { AI_GATEWAY_API_KEY: key, VERCEL_OIDC_TOKEN: await issuer.mint() });
    assert.equal(both.code, 0);
    assert.match(found(both, 'Credential chain')[0].message, /^in use: `AI_GATEWAY_API_KEY`/);
    assert.match(found(both, 'Credential chain').find(({ name }) => name === 'env').message, /static-key comes first/);
    assert.match(found(both, 'Environment')[0].message, /the key is sent, and the token never is/);
    assert.ok(!both.stdout.includes(key));

    const expired = await doctor(['--offline'], { VERCEL_OIDC_TOKEN: await issuer.mint({}, { expiresIn: -90 }) });
    assert.equal(expired.code, 1);
    assert.match(found(expired, 'Credential chain').find(({ name }) => name === 'env').message, /expired 1 minute 3\d seconds ago/);

    const broken = await doctor(['--offline'], { VERCEL_OIDC_TOKEN: '"a.b.c"' });
    assert.equal(broken.code, 1);
    assert.ok(states(broken, 'Credential chain').includes('env: failed'));

    const nothing = await doctor(['--offline'], {});
    assert.equal(nothing.code, 1);
    assert.match(found(nothing, 'Credential chain').at(-1).remedy, /vercel env pull/);
  });

  test('a file of variables counts, and those of the process win', async () => {
    const issuer = await createTestIssuer();
    const token = await issuer.mint({ environment: 'development' });
    const folder = await folderWith({ '.env.local': `VERCEL_OIDC_TOKEN="${token}"\n`, 'other.env': `VERCEL_OIDC_TOKEN=${token}` });
    const subject = (result) => found(result, 'Its token')[0].message;
    assert.match(subject(await doctor(['--offline'], {}, folder)), /environment:development$/);
    assert.match(subject(await doctor(['--offline', '--dotenv', 'other.env'], {}, folder)), /environment:development$/);
    const own = { VERCEL_OIDC_TOKEN: await issuer.mint({ environment: 'preview' }) };
    assert.match(subject(await doctor(['--offline'], own, folder)), /environment:preview$/);
  });
});

describe('variables', () => {
  const KEY = 'vck_9f3bA7cQd81LmN20';
  const OTHER = 'vck_Zx81kPq02LmNb7aa';
  let valid, expired;
  before(async () => {
    const issuer = await createTestIssuer();
    [valid, expired] = await Promise.all([issuer.mint(), issuer.mint({}, { expiresIn: -7200 })]);
  });

  /** The checks of one variable, after a look for any value in the output. */
  async function examine(files, env = {}, args = []) {
    const folder = await folderWith(files);
    const result = await doctor(['--offline', ...args], env, folder);
    const text = await countersign(folder, ['doctor', '--offline', '--text', ...args], { env });
    for (const secret of [KEY, OTHER, valid, expired, valid.split('.')[2], expired.split('.')[2]]) {
      assert.ok(!(result.stdout + result.stderr + text.stdout + text.stderr).includes(secret), 'a value is printed');
    }
    return { ...result, text: text.stdout, checks: found(result, 'Variables').slice(1), files: found(result, 'Variables')[0].files };
  }
  const process = { source: 'process' };
  const file = (file, line) => ({ source: 'file', file, line });
  const bare = ({ expiresAt, ...place }) => place;

  test('one place is named, with its line', async () => {
    const { checks, files, code } = await examine({ '.env.local': `# key\n\nAI_GATEWAY_API_KEY=${KEY}\nUNRELATED=1\n` });
    assert.equal(code, 0);
    assert.deepEqual(files, ['.env.local']);
    assert.deepEqual(checks, [
      { state: 'ok', name: 'AI_GATEWAY_API_KEY', message: 'the app uses the value in `.env.local` line 3', used: file('.env.local', 3) },
    ]);
  });

  test('different values in two files', async () => {
    const { checks, code, text } = await examine({ '.env.local': `AI_GATEWAY_API_KEY=${KEY}`, '.env': `AI_GATEWAY_API_KEY=${OTHER}` });
    const [check] = checks;
    assert.equal(code, 0);
    assert.deepEqual(
      [checks.length, check.state, check.finding, check.used, check.unused],
      [1, 'warning', 'different-values', file('.env.local', 1), [file('.env', 1)]],
    );
    assert.match(check.message, /because `\.env\.local` comes before `\.env`$/);
    assert.equal(check.remedy, 'keep one: remove line 1 of `.env`');
    assert.match(text.replaceAll(/\s+/g, ' '), /! AI_GATEWAY_API_KEY has different values: the app uses the one in `\.env\.local` line 1/);
  });

  test('equal values in two files are well', async () => {
    const { checks } = await examine({ '.env.local': `AI_GATEWAY_API_KEY="${KEY}"`, '.env': `AI_GATEWAY_API_KEY=${KEY}` });
    assert.deepEqual(
      checks.map(({ state, finding }) => [state, finding]),
      [['ok', undefined]],
    );
    assert.match(checks[0].message, /the same value is set in `\.env` line 1$/);
  });

  test('different values in one file: the last line counts, whatever the variable', async () => {
    const { checks } = await examine({
      '.env': `AI_GATEWAY_API_KEY=${KEY}\nAPI_URL=a\nAI_GATEWAY_API_KEY=${OTHER}\nAPI_URL=b\nSAME=1\nSAME=1\n`,
    });
    assert.deepEqual(
      checks.map(({ name, finding, used, unused }) => [name, finding, used, unused]),
      [
        ['AI_GATEWAY_API_KEY', 'different-values', file('.env', 3), [file('.env', 1)]],
        ['API_URL', 'different-values', file('.env', 4), [file('.env', 2)]],
      ],
    );
    assert.match(checks[0].message, /because the last line of a file counts$/);
  });

  test('other variables may differ between files, and are listed once', async () => {
    const { checks } = await examine({ '.env.local': 'API_URL=a\nPORT=1', '.env': 'API_URL=b\nPORT=2' });
    assert.deepEqual(
      checks.map(({ state, name, finding }) => [state, name, finding]),
      [['none', 'overridden', undefined]],
    );
    assert.match(checks[0].message, /^`API_URL`, `PORT`/);
  });

  test('an expired token hides a valid one in another file', async () => {
    const { checks, code } = await examine({ '.env.local': `VERCEL_OIDC_TOKEN=${expired}`, '.env': `VERCEL_OIDC_TOKEN=${valid}` });
    const [check] = checks;
    assert.equal(code, 1);
    assert.deepEqual(
      [check.state, check.finding, bare(check.used), check.unused.map(bare)],
      ['failed', 'expired-hides-valid', file('.env.local', 1), [file('.env', 1)]],
    );
    assert.ok(check.used.expiresAt < Date.now() / 1000 && check.unused[0].expiresAt > Date.now() / 1000);
    assert.match(
      check.message,
      /expired 2 hours.* ago; the one in `\.env` line 1 expires in .* because `\.env\.local` comes before `\.env`$/,
    );
    assert.equal(check.remedy, 'remove line 1 of `.env.local`');
  });

  test('an expired token of the process hides a valid one in a file', async () => {
    const { checks, code } = await examine({ '.env.local': `VERCEL_OIDC_TOKEN=${valid}` }, { VERCEL_OIDC_TOKEN: expired });
    const [check] = checks;
    assert.equal(code, 1);
    assert.deepEqual([check.finding, bare(check.used), check.unused.map(bare)], ['expired-hides-valid', process, [file('.env.local', 1)]]);
    assert.match(check.message, /because variables of the process come before files$/);
    assert.equal(check.remedy, 'unset `VERCEL_OIDC_TOKEN` in this shell');
  });

  test('an expired token in the key’s variable hides a valid one in the token’s', async () => {
    const { checks, code } = await examine({ '.env.local': `AI_GATEWAY_API_KEY=${expired}\nVERCEL_OIDC_TOKEN=${valid}` });
    const check = checks.find(({ finding }) => finding);
    assert.equal(code, 1);
    assert.deepEqual(
      [check.finding, check.used.variable, check.unused[0].variable],
      ['expired-hides-valid', 'AI_GATEWAY_API_KEY', 'VERCEL_OIDC_TOKEN'],
    );
    assert.match(check.message, /because `AI_GATEWAY_API_KEY` comes before `VERCEL_OIDC_TOKEN`$/);
  });

  test('an expired token is not mistaken for the cause where none is valid, and a valid one may hide an expired one', async () => {
    const dead = await examine({ '.env.local': `VERCEL_OIDC_TOKEN=${expired}` });
    assert.deepEqual(
      dead.checks.map(({ finding }) => finding),
      [undefined],
    );
    const well = await examine({ '.env.local': `VERCEL_OIDC_TOKEN=${valid}`, '.env': `VERCEL_OIDC_TOKEN=${expired}` });
    assert.deepEqual([well.code, ...well.checks.map(({ finding }) => finding)], [0, 'different-values']);
  });

  test('a blank value hides another', async () => {
    const { checks, code } = await examine({ '.env.local': `AI_GATEWAY_API_KEY=${KEY}` }, { AI_GATEWAY_API_KEY: '' });
    assert.equal(code, 1);
    assert.deepEqual([checks[0].state, checks[0].finding, checks[0].used], ['failed', 'blank-hides-value', process]);
  });

  const marks = { 'inside quotes': `'"${KEY}"'`, 'an open quote': `"${KEY}`, 'typographic quotes': `“${KEY}”` };
  for (const [what, value] of Object.entries(marks)) {
    test(`quotes around a value: ${what}`, async () => {
      const { checks, code } = await examine({ '.env.local': `AI_GATEWAY_API_KEY=${value}\n` });
      assert.equal(code, 1);
      assert.deepEqual(
        checks.map(({ state, finding, used }) => [state, finding, used]),
        [['failed', 'quotes', file('.env.local', 1)]],
      );
      assert.match(checks[0].remedy, /one pair of straight quotes/);
    });
  }

  test('quotes and `Bearer` in the environment of the process', async () => {
    const { checks, code } = await examine({}, { AI_GATEWAY_API_KEY: `"${KEY}"`, VERCEL_OIDC_TOKEN: `Bearer ${valid}` });
    assert.equal(code, 1);
    assert.deepEqual(
      checks.map(({ name, finding, remedy }) => [name, finding, remedy !== undefined]),
      [
        ['AI_GATEWAY_API_KEY', 'quotes', true],
        ['VERCEL_OIDC_TOKEN', 'bearer-prefix', true],
      ],
    );
  });

  test('`Bearer` in a file, and a mistake in a value that is not used', async () => {
    const { checks, code } = await examine({ '.env.local': `VERCEL_OIDC_TOKEN="Bearer ${valid}"` });
    assert.deepEqual([code, checks[0].finding], [1, 'bearer-prefix']);
    const unused = await examine({ '.env.local': `AI_GATEWAY_API_KEY=${KEY}`, '.env': `AI_GATEWAY_API_KEY='"${KEY}"'` });
    assert.deepEqual(
      unused.checks.map(({ state, finding }) => [state, finding]),
      [
        ['warning', 'different-values'],
        ['warning', 'quotes'],
      ],
    );
    assert.equal(unused.code, 0);
  });

  test('a value that readers do not agree on', async () => {
    const { checks, code } = await examine({ '.env.local': `AI_GATEWAY_API_KEY=${KEY}$x\nOTHER=a$b` });
    assert.equal(code, 0);
    assert.deepEqual(
      checks.map(({ state, name, finding }) => [state, name, finding]),
      [['warning', 'AI_GATEWAY_API_KEY', 'ambiguous']],
    );
    assert.match(checks[0].message, /in `\.env\.local` line 1 has a `\$` that some readers replace/);
  });

  test('options that do not go together, and a file that cannot be read', async () => {
    const folder = await folderWith({ '.env': `A=${'x'.repeat(1 << 20)}` });
    const cases = [
      [['--mode', 'staging'], 2, /`--mode` is one of development, production, test/],
      [['--mode', 'test', '--dotenv', '.env'], 2, /exclude each other/],
      [['--dotenv', 'nowhere'], 1, /the file `nowhere` cannot be read: it does not exist/],
      [[], 1, /the file `\.env` has 1048578 bytes, and at most 1048576 are read/],
    ];
    for (const [args, code, message] of cases) {
      const result = await countersign(folder, ['doctor', '--offline', ...args], {});
      assert.equal(result.code, code, result.stderr);
      assert.match(result.stderr, message);
    }
  });

  test('several files named: the first counts', async () => {
    const { checks, files } = await examine({ a: `AI_GATEWAY_API_KEY=${KEY}`, b: `AI_GATEWAY_API_KEY=${OTHER}`, '.env': 'X=1' }, {}, [
      '--dotenv',
      'b',
      '--dotenv',
      'a',
    ]);
    assert.deepEqual([files, checks[0].used], [['b', 'a'], file('b', 1)]);
  });

  // Each place holds its own name, so what `@next/env` loads says which place it took.
  const NAMES = [
    '.env.development.local',
    '.env.production.local',
    '.env.test.local',
    '.env.local',
    '.env.development',
    '.env.production',
    '.env.test',
    '.env',
  ];
  for (const mode of ['development', 'production', 'test']) {
    test(`the order is that of @next/env in mode ${mode}`, { timeout: 120_000 }, async () => {
      const folder = await folderWith(
        Object.fromEntries(NAMES.map((name) => [name, `AI_GATEWAY_API_KEY=first\nAI_GATEWAY_API_KEY=${name}`])),
      );
      const order = [];
      for (let used = await loadedByNext(folder, mode); used !== undefined; used = await loadedByNext(folder, mode)) {
        assert.deepEqual(found(await doctor(['--offline', '--mode', mode], {}, folder), 'Variables')[1].used, file(used, 2));
        assert.deepEqual(found(await doctor(['--offline'], { NODE_ENV: mode }, folder), 'Variables')[1].used, file(used, 2));
        order.push(used);
        await rm(join(folder, used));
      }
      assert.equal(order.length, mode === 'test' ? 3 : 4);
      assert.deepEqual(found(await doctor(['--offline', '--mode', mode], {}, folder), 'Variables')[0].files, []);
    });
  }

  test('a blank variable of the process and a folder in place of a file are as in @next/env', async () => {
    const folder = await folderWith({ '.env': 'AI_GATEWAY_API_KEY=.env' });
    await mkdir(join(folder, '.env.local'));
    assert.equal(await loadedByNext(folder, 'development'), '.env');
    assert.deepEqual(found(await doctor(['--offline'], {}, folder), 'Variables')[1].used, file('.env', 1));
    assert.equal(await loadedByNext(folder, 'development', { AI_GATEWAY_API_KEY: '' }), '');
    assert.deepEqual(found(await doctor(['--offline'], { AI_GATEWAY_API_KEY: '' }, folder), 'Variables')[1].used, process);
  });

  /** The value that Next.js gives an app in this folder. */
  async function loadedByNext(folder, mode, env = {}) {
    const script = `const { loadEnvConfig } = require(${JSON.stringify(createRequire(import.meta.url).resolve('@next/env'))});
      loadEnvConfig(${JSON.stringify(folder)}, ${mode === 'development'});
      console.log(JSON.stringify({ key: process.env.AI_GATEWAY_API_KEY }));`;
    const output = await command(globalThis.process.execPath, ['-e', script], { cwd: folder, env: { NODE_ENV: mode, ...env } });
    return JSON.parse(output).key;
  }
});

describe('the issuer', () => {
  test('is well: discovery, keys, clock, and the token’s signature', async () => {
    const url = await issuing(undefined);
    const issuer = await createTestIssuer({ issuer: url });
    const well = await issuing(issuer.jwks.keys);
    const own = await createTestIssuer({ issuer: well });
    const result = await doctor(['--issuer', well], { VERCEL_OIDC_TOKEN: await own.mint() });
    assert.equal(result.code, 0, result.stdout);
    assert.deepEqual(states(result, 'Issuer'), ['discovery: ok', 'keys: ok', 'key 1: ok', 'clock: ok', 'signature: ok']);
    own.rotate();
    const rotated = await doctor(['--issuer', well], { VERCEL_OIDC_TOKEN: await own.mint() });
    assert.equal(rotated.code, 1);
    assert.ok(states(rotated, 'Issuer').includes('signature: failed'));
  });

  test('bad keys are named beside the good ones', async () => {
    const {
      keys: [good],
    } = (await createTestIssuer()).jwks;
    const bad = [
      [{ ...good, kid: 'weak-e', e: 'AQ' }, /exponent|`e`/],
      [{ ...good, kid: 'private', d: 'AQ' }, /private/],
      [{ ...good, kid: 'short', n: Buffer.from(good.n, 'base64url').subarray(0, 128).toString('base64url') }, /bits/],
      [{ ...good, kid: 'encryption', use: 'enc' }, /`use` is not `sig`/],
      [{ kty: 'oct', kid: 'secret', k: 'AQ' }, /private or secret/],
      [{ ...good, kid: 'odd\x1b[31m', kty: 'XYZ' }, /`kty`/],
    ];
    const result = await doctor(['--issuer', await issuing([...bad.map(([jwk]) => jwk), good])], {});
    assert.equal(result.code, 0, result.stdout);
    const keys = found(result, 'Issuer').filter(({ name }) => name.startsWith('key '));
    assert.equal(keys.length, bad.length + 1);
    for (const [index, [jwk, reason]] of bad.entries()) {
      assert.equal(keys[index].state, 'warning');
      assert.ok(keys[index].message.startsWith(`\`${jwk.kid.replace('\x1b', '\\u001b')}\` is skipped: `), keys[index].message);
      assert.match(keys[index].message, reason);
    }
    assert.equal(keys.at(-1).state, 'ok');

    const none = await doctor(['--issuer', await issuing([bad[0][0]])], {});
    assert.equal(none.code, 1);
    assert.deepEqual(states(none, 'Issuer').slice(0, 3), ['discovery: ok', 'keys: failed', 'key 1: warning']);
  });

  test('its clock is held against this one', async () => {
    const { keys } = (await createTestIssuer()).jwks;
    for (const [seconds, state] of [
      [30, 'warning'],
      [-30, 'warning'],
      [4000, 'failed'],
    ]) {
      const url = await issuing(keys, { date: new Date(Date.now() + seconds * 1000).toUTCString() });
      const result = await doctor(['--issuer', url], {});
      const clock = found(result, 'Issuer').find(({ name }) => name === 'clock');
      assert.equal(clock.state, state);
      assert.match(clock.message, seconds > 0 ? /behind the server’s/ : /ahead of the server’s/);
      assert.equal(result.code, state === 'failed' ? 1 : 0);
    }
  });

  const broken = {
    'nothing listens': [closed, /nothing listens there/],
    'an error': [() => serve((_, response) => response.writeHead(500).end()), /answers 500 .*the issuer answered 500/],
    'a redirect': [
      () => serve((_, response) => response.writeHead(302, { location: 'https://example.com/' }).end()),
      /answers 302 .*redirected/,
    ],
    'a page': [() => serve((_, response) => response.end('<html>')), /discovery document/],
    'another issuer': [
      () => serve((_, response) => response.end(JSON.stringify({ issuer: 'https://example.com', jwks_uri: 'https://example.com/jwks' }))),
      /discovery document/,
    ],
    'no answer at all': [() => serve(() => undefined), /timed out/],
    'a body without an end': [
      () => serve((_, response) => response.write('{') && setInterval(() => response.write(' '.repeat(65_536)), 5).unref()),
      /larger than 512 KiB/,
    ],
  };
  for (const [name, [make, message]] of Object.entries(broken)) {
    test(`is broken: ${name}`, { timeout: 30_000 }, async () => {
      const result = await doctor(['--issuer', await make()], {});
      assert.equal(result.code, 1);
      const [discovery] = found(result, 'Issuer');
      assert.equal(discovery.state, 'failed');
      assert.match(discovery.message, message);
      assert.ok(discovery.remedy);
    });
  }

  test('that only the token names is not fetched, unless it is Vercel’s', async () => {
    let asked = 0;
    const url = await serve((_, response) => response.end(`${(asked += 1)}`));
    const result = await doctor([], { VERCEL_OIDC_TOKEN: await (await createTestIssuer({ issuer: url })).mint() });
    assert.equal(asked, 0);
    assert.match(found(result, 'Issuer')[0].message, /name it with --issuer http/);
  });
});

describe('the environment', () => {
  const cases = {
    AI_GATEWAY_API_KEY: [{ AI_GATEWAY_API_KEY: ' ' }, /blank/],
    'AI_GATEWAY_API_KEY ': [{ AI_GATEWAY_API_KEY: 'eyJh.eyJh.x' }, /a token and not a key/],
    VERCEL_OIDC_TOKEN_FILE: [{ VERCEL_OIDC_TOKEN_FILE: '/nowhere' }, /does not exist/],
    VERCEL_TOKEN: [{ VERCEL_TOKEN: 'x', VERCEL_TEAM_ID: 'team_x' }, /one of them is missing/],
    AWS_ROLE_ARN: [{ AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/app' }, /without `AWS_REGION`/],
    'AWS_ROLE_ARN ': [{ AWS_ROLE_ARN: 'arn:aws:s3:::bucket', AWS_REGION: 'eu-west-1' }, /no ARN of a role/],
    AWS_ACCESS_KEY_ID: [{ AWS_ACCESS_KEY_ID: 'x' }, /go together/],
    'AWS_ACCESS_KEY_ID ': [
      { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x', AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/app', AWS_REGION: 'x' },
      /takes the keys/,
    ],
    GOOGLE_APPLICATION_CREDENTIALS: [{ GOOGLE_APPLICATION_CREDENTIALS: '/nowhere' }, /cannot be read/],
    AZURE_CLIENT_ID: [{ AZURE_CLIENT_ID: 'x' }, /go together/],
    AZURE_CLIENT_SECRET: [{ AZURE_CLIENT_SECRET: 'x', AZURE_FEDERATED_TOKEN_FILE: '/dev/null' }, /the secret is used/],
    NODE_TLS_REJECT_UNAUTHORIZED: [{ NODE_TLS_REJECT_UNAUTHORIZED: '0' }, /keys of their own/],
    HTTPS_PROXY: [{ HTTPS_PROXY: 'http://proxy' }, /does not use it/],
  };
  for (const [name, [env, message]] of Object.entries(cases)) {
    test(`${Object.keys(env).join(', ')}`, async () => {
      const checks = found(await doctor(['--offline'], env), 'Environment');
      assert.deepEqual(
        checks.map((check) => check.name),
        [name.trim()],
      );
      assert.match(checks[0].message, message);
      assert.ok(checks[0].remedy);
    });
  }

  test('is at peace', async () => {
    const result = await doctor(['--offline'], { AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/app', AWS_REGION: 'eu-west-1' });
    assert.deepEqual(states(result, 'Environment'), ['variables: ok']);
  });
});

describe('plain http', () => {
  test('a host that is allowed is asked, and named', async () => {
    const issuer = 'http://keycloak.invalid:8080/realms/acme';
    const result = await doctor(['--issuer', issuer, '--dangerously-allow-http-host', 'keycloak.invalid'], {});
    assert.equal(result.code, 1, result.stdout);
    assert.deepEqual(states(result, 'Issuer'), ['discovery: failed', 'plain http: warning']);
    assert.match(found(result, 'Issuer')[1].message, /keycloak\.invalid.*without TLS, by `dangerouslyAllowHttpHosts`/);
  });

  test('another host is not asked', async () => {
    const { code, stderr } = await countersign(
      project,
      ['doctor', '--issuer', 'http://keycloak.invalid/realms/acme', '--dangerously-allow-http-host', 'other'],
      { env: {} },
    );
    assert.equal(code, 2, stderr);
    assert.match(stderr, /--issuer/);
  });
});
