// `countersign doctor`, against issuers on this machine that are well, odd and broken.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { countersign } from './cli.mjs';
import { installProject } from './install.mjs';

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

async function doctor(args, env) {
  const result = await countersign(project, ['doctor', ...args], { env });
  assert.doesNotMatch(result.stderr, /\n\s+at /);
  return { ...result, report: JSON.parse(result.stdout) };
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
    assert.match(found(broken, 'Environment')[0].message, /begins with a quote/);

    const nothing = await doctor(['--offline'], {});
    assert.equal(nothing.code, 1);
    assert.match(found(nothing, 'Credential chain').at(-1).remedy, /vercel env pull/);
  });

  test('a file of variables counts, and those of the process win', async () => {
    const issuer = await createTestIssuer();
    await writeFile(join(project, '.env.local'), `VERCEL_OIDC_TOKEN="${await issuer.mint({ environment: 'development' })}"\n`);
    const subject = (result) => found(result, 'Its token')[0].message;
    assert.match(subject(await doctor(['--offline', '--dotenv', '.env.local'], {})), /environment:development$/);
    const own = { VERCEL_OIDC_TOKEN: await issuer.mint({ environment: 'preview' }) };
    assert.match(subject(await doctor(['--offline', '--dotenv', '.env.local'], own)), /environment:preview$/);
  });
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
    const { keys: [good] } = (await createTestIssuer()).jwks;
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
    for (const [seconds, state] of [[30, 'warning'], [-30, 'warning'], [4000, 'failed']]) {
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
    'a redirect': [() => serve((_, response) => response.writeHead(302, { location: 'https://example.com/' }).end()), /answers 302 .*redirected/],
    'a page': [() => serve((_, response) => response.end('<html>')), /discovery document/],
    'another issuer': [() => serve((_, response) => response.end(JSON.stringify({ issuer: 'https://example.com', jwks_uri: 'https://example.com/jwks' }))), /discovery document/],
    'no answer at all': [() => serve(() => undefined), /timed out/],
    'a body without an end': [() => serve((_, response) => response.write('{') && setInterval(() => response.write(' '.repeat(65_536)), 5).unref()), /larger than 512 KiB/],
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
    'AWS_ACCESS_KEY_ID ': [{ AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x', AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/app', AWS_REGION: 'x' }, /takes the keys/],
    GOOGLE_APPLICATION_CREDENTIALS: [{ GOOGLE_APPLICATION_CREDENTIALS: '/nowhere' }, /cannot be read/],
    AZURE_CLIENT_ID: [{ AZURE_CLIENT_ID: 'x' }, /go together/],
    AZURE_CLIENT_SECRET: [{ AZURE_CLIENT_SECRET: 'x', AZURE_FEDERATED_TOKEN_FILE: '/dev/null' }, /the secret is used/],
    NODE_TLS_REJECT_UNAUTHORIZED: [{ NODE_TLS_REJECT_UNAUTHORIZED: '0' }, /keys of their own/],
    HTTPS_PROXY: [{ HTTPS_PROXY: 'http://proxy' }, /does not use it/],
  };
  for (const [name, [env, message]] of Object.entries(cases)) {
    test(`${Object.keys(env).join(', ')}`, async () => {
      const checks = found(await doctor(['--offline'], env), 'Environment');
      assert.deepEqual(checks.map((check) => check.name), [name.trim()]);
      assert.match(checks[0].message, message);
      assert.ok(checks[0].remedy);
    });
  }

  test('is at peace', async () => {
    const result = await doctor(['--offline'], { AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/app', AWS_REGION: 'eu-west-1' });
    assert.deepEqual(states(result, 'Environment'), ['variables: ok']);
  });
});
