// What the policy writer refuses, and under which name. That it works is shown in tests/peers/refresh/sandbox-policy.test.mjs.

const DOMAIN = 'ai-gateway.vercel.sh';
const AT = `policy.allow['${DOMAIN}']`;
const transform = (headers) => [{ headers }];
const rest = { response: { statusCode: 403 } };
const some = { path: { startsWith: '/v4/' } };

/** Templates that are refused, by the option that the error names. */
const REFUSED = [
  ['policy', undefined],
  ['policy', 'allow-all'],
  ['policy', 'deny-all'],
  ['policy', [DOMAIN]],
  ['policy', new Map()],
  ['policy.allow', { allow: [DOMAIN] }],
  ['policy.allow', { allow: 'all' }],
  ['policy.mode', { mode: 'custom', allowedDomains: [] }],
  ['policy.subnet', { subnet: {} }],
  ...['https://x.com', 'x.com:443', 'x.com/', 'X.com', 'a_b.com', '.x.com', 'x..com', 'a*.com', '-a.com', '', ' '].map((domain) => [
    `policy.allow['${domain}']`,
    { allow: { [domain]: [] } },
  ]),
  ["policy.allow['x.com']", { allow: { 'x.com': {} } }],
  ["policy.allow['*.vercel.sh']", { allow: { '*.vercel.sh': [] } }],
  ["policy.allow['*.*.sh']", { allow: { '*.*.sh': [] } }],
  ["policy.allow['ai-gateway.*']", { allow: { 'ai-gateway.*': [] } }],
  ["policy.allow['*']", { allow: { '*': [{ transform: transform({ a: 'b' }) }] } }],
  // What takes every request before the rule of the credential, or behind it.
  [`${AT}[0]`, { allow: { [DOMAIN]: [rest] } }],
  [`${AT}[0]`, { allow: { [DOMAIN]: [{ match: {}, ...rest }] } }],
  [`${AT}[0]`, { allow: { [DOMAIN]: [{ match: { path: { startsWith: '/' } }, ...rest }] } }],
  [`${AT}[0]`, { allow: { [DOMAIN]: [{ match: { path: { regex: '^/.*$' }, method: [] }, ...rest }] } }],
  [
    `${AT}[1]`,
    {
      allow: {
        [DOMAIN]: [
          { match: some, ...rest },
          { match: { headers: [{}] }, ...rest },
        ],
      },
    },
  ],
  [`${AT}[0]`, { allow: { [DOMAIN]: [rest, { match: some, ...rest }] } }, { match: some }],
  // Rules that the service or the SDK does not take.
  ["policy.allow['x.com'][0]", { allow: { 'x.com': [{}] } }],
  ["policy.allow['x.com'][0]", { allow: { 'x.com': ['y'] } }],
  ["policy.allow['x.com'][0]", { allow: { 'x.com': [{ transform: [], forwardURL: 'https://y.com' }] } }],
  ["policy.allow['x.com'][0].mach", { allow: { 'x.com': [{ mach: some, ...rest }] } }],
  ["policy.allow['x.com'][0].match.paths", { allow: { 'x.com': [{ match: { paths: {} }, ...rest }] } }],
  ["policy.allow['x.com'][0].match.path", { allow: { 'x.com': [{ match: { path: '/v4' }, ...rest }] } }],
  ["policy.allow['x.com'][0].match.path", { allow: { 'x.com': [{ match: { path: { exact: '/', regex: '/' } }, ...rest }] } }],
  ["policy.allow['x.com'][0].match.method", { allow: { 'x.com': [{ match: { method: 'GET' }, ...rest }] } }],
  ["policy.allow['x.com'][0].match.headers[0].value", { allow: { 'x.com': [{ match: { headers: [{ value: 'x' }] }, ...rest }] } }],
  ["policy.allow['x.com'][0].forwardURL", { allow: { 'x.com': [{ forwardURL: 'http://y.com' }] } }],
  ["policy.allow['x.com'][0].forwardURL", { allow: { 'x.com': [{ forwardURL: 'https://y.com/?a=b' }] } }],
  ["policy.allow['x.com'][0].response.statusCode", { allow: { 'x.com': [{ response: { statusCode: 99 } }] } }],
  ["policy.allow['x.com'][0].transform", { allow: { 'x.com': [{ transform: {} }] } }],
  ...['a\r\nb: c', 'a\nb', 'a\0b', '<redacted>', 'Bearer <redacted>', 7].map((value) => [
    "policy.allow['x.com'][0].transform[0].headers.authorization",
    { allow: { 'x.com': [{ transform: transform({ authorization: value }) }] } },
  ]),
  ["policy.allow['x.com'][0].transform[0].headers", { allow: { 'x.com': [{ transform: transform({ 'a b': 'c' }) }] } }],
  [
    "policy.allow['x.com'][0].response.headers.location",
    { allow: { 'x.com': [{ response: { statusCode: 302, headers: { location: 'a\nb' } } }] } },
  ],
  // Ranges that may hold an address of the gateway, which would then be reached without the header.
  ...[
    '0.0.0.0/0',
    '76.76.21.0/24',
    '10.0.0.0/7',
    '172.16.0.0/11',
    '::/0',
    '2606:4700::/32',
    'fc00::/6',
    '10.0.0',
    '010.0.0.0/8',
    '10.0.0.0/33',
    '::ffff:10.0.0.0/8',
    'x',
  ].map((range) => ['policy.subnets.allow', { subnets: { allow: ['10.0.0.0/8', range] } }]),
  ['policy.subnets.deny', { subnets: { deny: '10.0.0.0/8' } }],
];

/** Templates that are taken, by what is special in them. */
const TAKEN = {
  'nothing but the gateway': {},
  'everything else': { allow: { '*': [] } },
  'a wildcard elsewhere': { allow: { '*.npmjs.org': [], 'vercel.sh': [], '*.ai-gateway.vercel.sh': [], '*.sh.com': [] } },
  'rules with a match for the gateway': {
    allow: {
      [DOMAIN]: [
        { match: some, ...rest },
        { match: { path: { regex: '^/v1/' } }, forwardURL: 'https://proxy.acme.example/a' },
      ],
    },
  },
  'an empty transform': { allow: { 'x.com': [{ transform: [{}] }] } },
  'private ranges': {
    subnets: {
      allow: ['10.1.2.3', '10.0.0.0/8', '172.31.0.0/16', '192.168.0.0/16', '100.64.0.0/10', '169.254.0.0/16', 'fd00::/8', 'fe80::/10'],
      deny: ['0.0.0.0/0'],
    },
  },
};

const handle = { name: 'a', status: 'running', update: async () => {} };
const writerOf = (refresh, options) => refresh.createSandboxPolicyWriter({ sandbox: () => handle, policy: {}, ...options });

export const cases = [
  {
    name: 'policy: a template that cannot set the header, or could keep it from being set, is refused by name: at once, or as the failure of its target',
    async run({ refresh, assert }) {
      for (const [option, policy, more] of REFUSED) {
        const what = JSON.stringify(policy);
        const error = assert.throws(() => writerOf(refresh, { policy, ...more }), 'ERR_INVALID_OPTION');
        assert.equal(error.option, option, what);
        assert.ok(error.message.length <= 200, error.message);
        if (policy === undefined) continue;
        const results = [];
        const write = writerOf(refresh, { policy: (id) => (id === 'bad' ? policy : {}), ...more });
        await refresh.refreshAll(['bad', 'good'], write, { token: () => 'a-key', onResult: (result) => results.push(result) });
        const { bad, good } = Object.fromEntries(results.map((result) => [result.id, result]));
        assert.equal(good.status, 'refreshed');
        assert.ok(/^ERR_INVALID_OPTION: (unknown option )?`policy/.test(bad.reason), `${bad.reason} of ${what}`);
      }
    },
  },
  {
    name: 'policy: templates that work are taken, and what they are made of afterwards does not matter',
    async run({ refresh, assert }) {
      for (const [what, policy] of Object.entries(TAKEN)) {
        const updates = [];
        const sandbox = () => ({ ...handle, update: async (given) => void updates.push(given) });
        const write = writerOf(refresh, { sandbox, policy });
        const frozen = JSON.stringify(policy);
        const summary = await refresh.refreshAll(['a'], write, { token: () => 'a-key' });
        assert.same(summary.failures, [], what);
        const { [DOMAIN]: rules, ...others } = updates[0].networkPolicy.allow;
        const { [DOMAIN]: own = [], ...given } = policy.allow ?? {};
        assert.same(others, given, what);
        assert.same(
          rules,
          [...own, { transform: transform({ authorization: 'Bearer a-key', 'ai-gateway-auth-method': 'api-key' }) }],
          what,
        );
        assert.equal(JSON.stringify(policy), frozen, what);
      }
      const policy = { allow: { 'x.com': [] } };
      const updates = [];
      const write = writerOf(refresh, { policy, sandbox: () => ({ ...handle, update: async (given) => void updates.push(given) }) });
      policy.allow['*'] = [];
      await refresh.refreshAll(['a'], write, { token: () => 'a-key' });
      assert.same(Object.keys(updates[0].networkPolicy.allow), [DOMAIN, 'x.com']);
    },
  },
  {
    name: 'policy: members of a polluted Object.prototype are no part of a policy',
    async run({ refresh, assert }) {
      const updates = [];
      const sandbox = () => ({ ...handle, update: async (given) => void updates.push(JSON.stringify(given)) });
      const members = { match: some, allow: { 'evil.com': [] }, subnets: { allow: ['0.0.0.0/0'] }, placeholder: () => 'x'.repeat(20) };
      for (const [name, value] of Object.entries(members))
        Object.defineProperty(Object.prototype, name, { value, configurable: true, writable: true });
      try {
        const error = assert.throws(() => writerOf(refresh, { policy: { allow: { [DOMAIN]: [rest] } } }), 'ERR_INVALID_OPTION');
        assert.equal(error.option, `${AT}[0]`);
        await refresh.refreshAll(['a'], writerOf(refresh, { sandbox }), { token: () => 'a-key' });
      } finally {
        for (const name of Object.keys(members)) delete Object.prototype[name];
      }
      assert.same(JSON.parse(updates[0]), {
        networkPolicy: {
          allow: { [DOMAIN]: [{ transform: transform({ authorization: 'Bearer a-key', 'ai-gateway-auth-method': 'api-key' }) }] },
        },
      });
    },
  },
  {
    name: 'policy: options are held to their word',
    async run({ refresh, assert }) {
      for (const [option, options] of [
        ['sandbox', { sandbox: undefined }],
        ['sandbox', { sandbox: handle }],
        ...[
          '',
          'localhost',
          '*.vercel.sh',
          'https://ai-gateway.vercel.sh',
          'ai-gateway.vercel.sh/v4',
          'AI-gateway.vercel.sh',
          '127.0.0.1',
          'x.com.',
          7,
          null,
        ].map((domain) => ['domain', { domain }]),
        ['headers', { headers: { authorization: 'x' } }],
        ['match', { match: '/v4/' }],
        ['match.header', { match: { header: [] } }],
        ['placeholder', { placeholder: 'the same for all' }],
      ]) {
        const error = assert.throws(() => writerOf(refresh, options), 'ERR_INVALID_OPTION');
        assert.option(error, option, JSON.stringify(options));
      }
      assert.throws(() => writerOf(refresh, { header: 'x' }), 'ERR_INVALID_OPTION');
      const failure = async (options) =>
        (await refresh.refreshAll(['a'], writerOf(refresh, options), { token: () => 'a-key' })).failures[0]?.reason;
      assert.match(await failure({ headers: () => ({ 'x-api-key': 'another' }) }), /`headers` must return a header that holds the token/);
      assert.match(
        await failure({ headers: () => ({ 'x-api-key': 'another' }), placeholder: () => 'x'.repeat(16) }),
        /`headers` must return a header that holds the token/,
      );
      assert.match(await failure({ headers: () => new Headers() }), /`headers` must be an object/);
      assert.match(await failure({ headers: ({ value }) => ({ 'x y': value }) }), /`headers` must have names/);
      assert.match(await failure({ match: () => ({ paths: {} }) }), /unknown option `match\.paths`/);
    },
  },
  {
    name: 'refresh: a target whose error cannot be read has failed, and the others have a token',
    async run({ refresh, assert }) {
      const unreadable = {
        get response() {
          throw new Error('no');
        },
      };
      const revoked = Proxy.revocable({}, {});
      revoked.revoke();
      const errors = [
        Object.defineProperty(new Error('a'), 'message', {
          get: () => {
            throw new Error('no');
          },
        }),
        Object.defineProperty(new Error('a'), 'code', {
          get: () => {
            throw new Error('no');
          },
        }),
        Object.defineProperty(new Error('a'), 'message', { value: Symbol('s') }),
        Object.defineProperty(new Error('a'), 'message', {
          value: {
            toString: () => {
              throw new Error('no');
            },
          },
        }),
        Object.create(null),
        revoked.proxy,
        unreadable,
        undefined,
      ];
      const write = (id) => {
        if (id !== 'good') throw errors[Number(id)];
      };
      const results = [];
      const ids = [...errors.map((_, index) => String(index)), 'good'];
      const summary = await refresh.refreshAll(ids, write, { token: () => 'a-key', onResult: (result) => results.push(result) });
      assert.same([summary.refreshed, summary.failed, results.length], [1, errors.length, ids.length]);
      assert.ok(results.every(({ status, reason }) => status === 'refreshed' || typeof reason === 'string'));
      const viaSandbox = writerOf(refresh, { sandbox: (id) => (id === 'good' ? handle : Promise.reject(unreadable)) });
      assert.same((await refresh.refreshAll(['bad', 'good'], viaSandbox, { token: () => 'a-key' })).refreshed, 1);
      const viaUpdate = writerOf(refresh, {
        sandbox: (id) => (id === 'good' ? handle : { ...handle, update: () => Promise.reject(errors[Number(id)]) }),
      });
      assert.same((await refresh.refreshAll(ids, viaUpdate, { token: () => 'a-key' })).refreshed, 1);
    },
  },
];
