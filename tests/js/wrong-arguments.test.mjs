// Wrong arguments: every public function of every entry, found by reading the exports, gets values that it cannot use. It
// may ignore them or refuse them by name. It must not trap, and not throw what a program cannot tell from its own mistake.
import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { installProject } from './install.mjs';

const cyclic = { a: {} };
cyclic.a.b = cyclic;
const cyclicList = [];
cyclicList.push(cyclicList);
const revoked = Proxy.revocable({}, {});
revoked.revoke();
const throwing = () => {
  throw new RangeError('from the caller’s own code');
};

/** Values by what is wrong with them. Made anew where a call might change them. */
const SHAPES = {
  undefined: () => undefined,
  null: () => null,
  true: () => true,
  zero: () => 0,
  'not a number': () => NaN,
  infinity: () => -Infinity,
  'a bigint': () => 1n,
  'a symbol': () => Symbol('x'),
  'an empty string': () => '',
  'a string': () => 'text',
  'a token without a meaning': () => 'a.b.c',
  'a lone surrogate': () => '\ud800',
  'a member named by a lone surrogate': () => ({ ['\ud800']: 'x', values: { ['\ud800']: 'x' } }),
  'a long string': () => 'x'.repeat(200_000),
  'an empty object': () => ({}),
  'an unknown option': () => ({ nonsense: 1 }),
  'an object with a bigint': () => ({ A: 1n, kind: 1n, issuer: 1n, project: 1n, token: 1n, values: { A: 1n } }),
  'an object with a symbol': () => ({ A: Symbol('x'), kind: Symbol('x'), values: { A: Symbol('x') } }),
  'a cyclic object': () => cyclic,
  'an object with cyclic values': () => ({
    values: cyclic,
    claims: cyclic,
    kind: cyclic,
    policy: cyclic,
    jwks: cyclic,
    headers: cyclic,
    params: cyclic,
  }),
  'a cyclic array': () => cyclicList,
  'an array': () => [1, null, undefined, {}],
  'a map': () => new Map([['a', 1]]),
  'a set': () => new Set([1]),
  'an invalid date': () => new Date(NaN),
  'a regular expression': () => /x/,
  'a function': () => () => 1,
  bytes: () => new Uint8Array(3),
  'an object without a prototype': () => Object.create(null),
  'a prototype that is no object’s': () => Object.create({ issuer: 'https://a.example' }),
  'an object whose toString is none': () => ({ toString: null, valueOf: null }),
  'deep arrays': () => JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`),
  'deep objects': () => JSON.parse(`${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`),
};

/** Values whose own code throws. That error is the caller's, and reaches the caller as it is, or is refused by name. */
const THROWING = {
  'a getter that throws': () => Object.defineProperty({}, 'issuer', { get: throwing, enumerable: true }),
  'a proxy that throws': () =>
    new Proxy({}, { get: throwing, ownKeys: throwing, has: throwing, getOwnPropertyDescriptor: throwing, getPrototypeOf: throwing }),
  'a revoked proxy': () => revoked.proxy,
  'a class, which cannot be called': () => class {},
  'a rejected promise': () => {
    const promise = Promise.reject(new RangeError('from the caller’s own code'));
    promise.catch(() => {});
    return promise;
  },
  'a toJSON that throws': () => ({ toJSON: throwing }),
};

let project;
let entries;
let CountersignError;
before(async () => {
  project = await installProject('wrong-arguments');
  const folder = join(project, 'node_modules/countersign');
  const { exports } = JSON.parse(await fs.readFile(join(folder, 'package.json'), 'utf8'));
  // Nothing leaves the test.
  globalThis.fetch = async () => {
    throw new TypeError('fetch failed');
  };
  for (const name of Object.keys(process.env)) if (/^(VERCEL|AWS|AI_GATEWAY)/.test(name)) delete process.env[name];
  process.env.HOME = process.env.XDG_DATA_HOME = project;
  process.chdir(project);
  entries = [];
  for (const [name, target] of Object.entries(exports)) {
    if (name.endsWith('.json') || name.includes('*')) continue;
    const file = typeof target === 'string' ? target : (target.default?.default ?? target.default ?? target.import);
    entries.push([name, await import(pathToFileURL(join(folder, typeof file === 'string' ? file : file.default)).href)]);
  }
  ({ CountersignError } = entries.find(([name]) => name === '.')[1]);
});

/** Every exported function with its name; classes of errors are not called by users. */
function* functions() {
  for (const [entry, exported] of entries) {
    for (const [name, value] of Object.entries(exported)) {
      if (typeof value === 'function' && !(value.prototype instanceof Error)) yield [`${entry} ${name}`, value];
    }
  }
}

/** Lists of arguments: the wrong value at each place, after others that are right in form. */
function* calls(make) {
  yield [make()];
  yield ['a.b.c', make()];
  yield [{}, make()];
  yield ['{}', 'json', make()];
  yield [[], async () => {}, make()];
}

/** Right arguments of functions that take options. Each member is replaced by each wrong value. */
const RIGHT = {
  '. createVerifier': [
    {
      issuer: 'https://a.example',
      audience: 'a',
      algorithms: ['RS256'],
      jwks: { keys: [] },
      claims: { a: 'b' },
      subject: 's',
      clockTolerance: 1,
      maxTokenAge: 1,
      requiredClaims: ['a'],
      typ: ['JWT'],
      maxTokenBytes: 1000,
      cache: { tokens: 1 },
    },
  ],
  '. createVercelVerifier': [
    {
      team: 'acme',
      projectId: 'prj_1',
      environment: 'production',
      ownerId: 'team_1',
      issuerMode: 'team',
      audience: 'a',
      jwksStore: undefined,
      fetch: undefined,
    },
  ],
  '. getBearerToken': [
    { staticKey: 'k', request: new Headers(), env: {}, minValidity: 1, refresh: false, audience: 'a', captured: undefined },
  ],
  '. describeCredentials': [{ staticKey: 'k', request: new Headers(), env: {}, minValidity: 1, refresh: false }],
  './aws awsCredentialsProvider': [
    {
      roleArn: 'arn:aws:iam::123456789012:role/a',
      roleSessionName: 'ab',
      durationSeconds: 900,
      policy: '{}',
      policyArns: [],
      region: 'eu-central-1',
      token: 'a.b.c',
      audience: 'a',
    },
  ],
  './azure azureAccessToken': [
    { tenantId: 't', clientId: 'c', scope: 'https://a/.default', authority: 'https://a.example', token: 'a.b.c' },
  ],
  './gcp gcpAccessToken': [
    {
      audience: '//iam.googleapis.com/a',
      serviceAccount: 'a@b',
      scopes: ['a'],
      lifetimeSeconds: 600,
      tokenUrl: 'https://a.example',
      token: 'a.b.c',
    },
  ],
  './exchange exchangeToken': [
    {
      url: 'https://a.example',
      token: 'a.b.c',
      resource: 'a:b',
      audience: 'a',
      scope: 'a',
      clientId: 'a',
      clientSecret: 'b',
      actorToken: 'a',
      actorTokenType: 'b',
    },
  ],
  './exchange exchangeAudience': [{ audience: 'a', jti: 'j', token: 'a.b.c' }],
  './exchange configureCredentialCache': [{ maxCredentials: 256 }],
  './infra syncEnvironment': [
    {
      project: 'p',
      team: 't',
      token: 't',
      values: { A: 'x' },
      targets: ['preview'],
      type: 'plain',
      stack: 's',
      fingerprintKey: '0123456789abcdef',
      allowEmpty: false,
      allowRemovals: false,
      dryRun: true,
      fetch: undefined,
      onProgress: undefined,
    },
  ],
  './infra pullEnvironment': [{ project: 'p', team: 't', token: 't', target: 'preview' }],
  './infra formatDotenv': [{ A: 'x' }],
  './infra awsTrust': [{ team: 'acme', project: 'site', environment: 'production', accountId: '123456789012' }],
  './inspect simulate': [
    { kind: 'aws', policy: '{}', now: 1 },
    { iss: 'https://a.example', sub: 'a', aud: 'a' },
  ],
  './inspect generatePolicy': [{ kind: 'aws', accountId: '123456789012', team: 'acme', project: 'site', environment: 'production' }],
  './refresh startupScript': [{ command: ['a'], keyFile: '/a', variable: 'A', files: [{ path: '/b', content: 'c' }] }],
  './testing createTestIssuer': [{ issuer: 'https://a.example', alg: 'RS256' }],
  './connect getToken': [
    'slack/a',
    {
      subject: { type: 'app' },
      scopes: ['a'],
      audience: ['a'],
      resources: ['a'],
      authorizationDetails: [{ type: 'a' }],
      validityBufferMs: 1,
    },
    { vercelToken: 'a.b.c', region: 'iad1', forceRefresh: true },
  ],
};

/** Right arguments of a function with one member of one of them wrong. */
function* nearlyRight(name, make) {
  for (const [place, options] of (RIGHT[name] ?? []).entries()) {
    if (typeof options !== 'object') continue;
    for (const member of Object.keys(options)) {
      const args = [...RIGHT[name]];
      args[place] = { ...options, [member]: make() };
      yield args;
    }
  }
}

/** What came of a call: nothing worth a word, or a fault. */
async function fault(run, isOwn) {
  let timer;
  try {
    const result = run();
    const ended = new Promise((resolve) => {
      timer = setTimeout(resolve, 1000, 'late');
    });
    if (result && typeof result.then === 'function') await Promise.race([result, ended]);
    if (typeof result?.[Symbol.dispose] === 'function') result[Symbol.dispose]();
    return undefined;
  } catch (error) {
    if (error instanceof CountersignError) return error.code === 'ERR_INTERNAL' ? `trap: ${error.message}` : undefined;
    return isOwn(error) ? undefined : `${error?.name ?? typeof error}: ${String(error?.message).slice(0, 120)}`;
  } finally {
    clearTimeout(timer);
  }
}

test('there are enough shapes, and every entry has functions', () => {
  const names = [...functions()].map(([name]) => name);
  assert.deepEqual(
    Object.keys(RIGHT).filter((name) => !names.includes(name)),
    [],
  );
  assert.ok(Object.keys({ ...SHAPES, ...THROWING }).length >= 30);
  assert.ok(entries.length > 10 && [...functions()].length > 50, `${entries.length} entries, ${[...functions()].length} functions`);
});

test('wrong arguments are refused with a code', { timeout: 600_000 }, async () => {
  const faults = new Map();
  const classes = new Set(
    entries
      .flatMap(([, exported]) => Object.values(exported))
      .filter((value) => typeof value === 'function' && value.prototype instanceof Error),
  );
  const isDropIn = (error) => [...classes].some((type) => type !== CountersignError && error instanceof type);
  const isCallers = (error) =>
    isDropIn(error) ||
    (error instanceof RangeError && /caller/.test(error.message)) ||
    (error instanceof TypeError && /revoked|^Class constructor/.test(error.message));
  for (const [name, run] of functions()) {
    for (const [shapes, isOwn] of [
      [SHAPES, isDropIn],
      [THROWING, isCallers],
    ]) {
      for (const [what, make] of Object.entries(shapes)) {
        for (const args of [...calls(make), ...nearlyRight(name, make)]) {
          const found = await fault(() => run(...args), isOwn);
          if (found !== undefined) {
            const key = `${name}: ${found}`;
            faults.set(key, [...(faults.get(key) ?? []), what]);
          }
        }
      }
    }
  }
  assert.deepEqual(
    [...faults].map(([key, shapes]) => `${key} <- ${[...new Set(shapes)].join(', ')}`),
    [],
  );
});
