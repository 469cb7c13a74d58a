// Tokens in words, and what becomes of the keys of a set.

const explained = ({ explain: { explain } }, claims, header = { alg: 'RS256', typ: 'JWT' }) =>
  explain({ header, claims }, { now: 1_800_000_000 });
const titles = ({ notes }) => notes.map(({ level, title }) => `${level}: ${title}`).join('; ');
const TIMES = { nbf: 1_800_000_000, iat: 1_800_000_000, exp: 1_800_003_600 };
const VERCEL = {
  iss: 'https://oidc.vercel.com/acme',
  aud: 'https://api.acme.example',
  sub: 'owner:acme:project:site:environment:production',
  owner: 'acme',
  owner_id: 'team_1',
  project: 'site',
  project_id: 'prj_1',
  environment: 'production',
  ...TIMES,
};
const GITHUB = {
  iss: 'https://token.actions.githubusercontent.com',
  aud: 'api',
  sub: 'repo:acme/site:ref:refs/heads/main',
  repository: 'acme/site',
  repository_id: '1',
  ref: 'refs/heads/main',
  ...TIMES,
};

export const cases = [
  {
    name: 'explain: a sentence for each kind of caller',
    run(env) {
      const says = (claims) =>
        explained(env, claims)
          .sentence.replaceAll('`', '')
          .replace(/^.*the caller is /, '')
          .replace(/, and tells.*/, '');
      const { same } = env.assert;
      same(says(VERCEL), 'production of site, owned by acme');
      same(says(GITHUB), 'a workflow of acme/site for refs/heads/main');
      same(says({ ...GITHUB, sub: 'repo:acme/site:environment:live' }), 'a workflow of acme/site in the environment live');
      same(says({ ...GITHUB, sub: 'repo:acme/site:pull_request' }), 'a workflow of acme/site for a pull request');
      same(
        says({ iss: 'https://gitlab.com', sub: 'project_path:acme/site:ref_type:branch:ref:main' }),
        'a job of acme/site for the branch main',
      );
      same(says({ iss: 'https://cluster.example', sub: 'system:serviceaccount:web:api' }), 'the service account api in the namespace web');
      same(
        says({ iss: 'https://app.terraform.io', sub: 'organization:acme:project:p:workspace:w:run_phase:apply' }),
        'the apply phase of the workspace w of acme',
      );
      same(says({ iss: 'https://a.example', sub: 'somebody' }), 'somebody');
      same(says({}), 'not named');
      same(
        explained(env, { iss: 'https://a.example/', aud: ['https://b.example', 'c'] }).sentence,
        '`a.example` says that the caller is not named, and tells `b.example` and `c` to believe it',
      );
    },
  },
  {
    name: 'explain: the subject is held against the claims of its issuer',
    run(env) {
      const parts = (claims) => explained(env, claims).subject?.map(({ key, value, agrees }) => `${key} ${value} ${agrees}`);
      const { same, ok } = env.assert;
      same(parts(VERCEL), ['owner acme true', 'project site true', 'environment production true']);
      same(parts({ ...GITHUB, ref: 'refs/heads/other' }), ['repository acme/site true', 'ref refs/heads/main false']);
      same(parts({ iss: 'https://c.example', sub: 'system:serviceaccount:web:api' }), [
        'namespace web undefined',
        'service_account api undefined',
      ]);
      same(parts({ iss: 'https://a.example', sub: 'repo:acme/site:pull_request' }), undefined);
      ok(titles(explained(env, { ...GITHUB, ref: 'refs/heads/other' })).includes('refuse: The token contradicts itself'));
    },
  },
  {
    name: 'explain: nothing to say of a good token, and a note for each thing that is odd',
    run(env) {
      const { same } = env.assert;
      same(titles(explained(env, VERCEL)), '');
      same(titles(explained(env, GITHUB)), '');
      const odd = (change, header) => titles(explained(env, { ...VERCEL, ...change }, header));
      same(odd({}, { alg: 'none' }), 'refuse: Not signed');
      same(odd({}, { alg: 'HS256' }), 'care: Unusual algorithm');
      same(odd({}, { alg: 'RS256', jku: 'https://x.example' }), 'care: Brings its own key');
      same(odd({}, { alg: 'RS256', typ: 'at+jwt' }), 'refuse: Odd type');
      same(odd({}, { alg: 'RS256', typ: 'jwt' }), '');
      same(odd({ aud: undefined }), 'refuse: No audience');
      same(odd({ aud: ['a', 'b'] }), 'care: Wide audience');
      same(odd({ aud: 'https://vercel.com/acme' }), 'care: Wide audience');
      same(odd({ exp: undefined }), 'refuse: No expiry');
      same(odd({ exp: 1_800_200_000 }), 'care: Long life');
      same(odd({ nbf: 1_800_003_600 }), 'refuse: Never valid');
      same(odd({ iat: 1_800_000_010 }), 'care: Issued in the future');
      same(odd({ nbf: undefined }), 'care: No `nbf`');
      same(odd({ nbf: undefined, iat: undefined }), 'care: No beginning');
      same(odd({ sub: 'x' }), 'refuse: Subject not in Vercel’s form');
      same(odd({ environment: 'preview' }), 'refuse: The token contradicts itself');
      same(odd({ scope: 'x' }), 'care: Scope differs from the subject');
      same(odd({ iss: 'https://oidc.vercel.com/other' }), 'refuse: Another team’s issuer');
      same(odd({ iss: 'https://oidc.vercel.com' }), 'care: Global issuer');
      same(odd({ iss: 'https://oidc.vercel.com.evil.example' }), 'care: Not Vercel’s issuer');
      same(odd({ project_id: undefined }), 'refuse: Slug instead of id');
      same(odd({ owner_id: undefined }), 'care: Slug instead of id');
      same(titles(explained(env, { ...GITHUB, repository_id: undefined })), 'care: Names instead of ids');
    },
  },
  {
    name: 'explain: each claim has words and a source; names that objects have by themselves have no meaning',
    run(env) {
      const { ok, same } = env.assert;
      for (const claims of [VERCEL, GITHUB, { ...VERCEL, jti: 'x', act: {}, cnf: {}, scope: VERCEL.sub }]) {
        for (const { name, words, source } of explained(env, claims).claims.flatMap(({ members }) => members)) {
          ok(words.length > 10 && source?.href.startsWith('https://'), name);
        }
      }
      const strange = JSON.parse('{"__proto__":1,"constructor":2,"toString":3,"iss":4,"sub":null,"aud":{},"exp":"soon"}');
      const members = explained(env, strange, { alg: 'RS256', constructor: 1 }).claims.flatMap(({ members }) => members);
      same(members.map(({ name }) => name).sort(), ['__proto__', 'aud', 'constructor', 'exp', 'iss', 'sub', 'toString']);
    },
  },
  {
    name: 'explain: what was copied along with a token is taken off and named',
    run({ explain: { tidyToken }, assert }) {
      assert.same(tidyToken('VERCEL_OIDC_TOKEN="a.b.c"\n'), { token: 'a.b.c', removed: ['the variable name', 'the quotes'] });
      assert.same(tidyToken('Authorization: Bearer a.b\n .c'), {
        token: 'a.b.c',
        removed: ['the header name', '“Bearer”', 'the line breaks'],
      });
      assert.same(tidyToken(' a.b.c '), { token: 'a.b.c', removed: [] });
    },
  },
  {
    name: 'describeKeys: a bad key beside a good one is named',
    async run({ countersign, testing, assert }) {
      const [good] = (await testing.createTestIssuer()).jwks.keys;
      const { alg, ...any } = good;
      const keys = [{ ...good, e: 'AQ' }, good, { ...any, kid: undefined }, null, { ...good, kid: 7 }];
      const report = countersign.describeKeys({ keys });
      assert.same(
        report.map(({ kid, algorithms }) => [kid, algorithms.join(' ')]),
        [
          [good.kid, ''],
          [good.kid, 'RS256'],
          [undefined, 'RS256 RS384 RS512 PS256 PS384 PS512'],
          [undefined, ''],
          [undefined, ''],
        ],
      );
      assert.same(
        report.map(({ reason }) => reason === undefined),
        [false, true, true, false, false],
      );
      assert.match(countersign.describeKeys({ keys: [good] }, { algorithms: ['ES256'] })[0].reason, /fits none of the allowed algorithms/);
      for (const bad of [{}, null, undefined, { keys: {} }]) assert.throws(() => countersign.describeKeys(bad), 'ERR_JWKS_INVALID');
    },
  },
  {
    name: 'explain: hidden characters are shown as escapes and noted, look-alike letters are noted',
    run(env) {
      const { same, ok } = env.assert;
      const hidden = {
        ...VERCEL,
        sub: 'owner:acme:project:\u202esite\u202c:environment:pro\u200bduction',
        project: '\u202esite\u202c',
        environment: 'pro\u200bduction',
      };
      const told = explained(env, hidden);
      same(titles(told), 'refuse: Hidden characters');
      ok(told.sentence.includes('`pro\\u200bduction` of `\\u202esite\\u202c`'), told.sentence);
      ok(!/[\p{Cf}]/u.test([told.sentence, ...told.notes.map(({ words }) => words)].join()), 'no hidden character in words');
      same(env.explain.escapeHidden('a\u2066b'), 'a\\u2066b');
      const alike = { ...VERCEL, sub: 'owner:acme:project:site:environment:pr\u043eduction', environment: 'pr\u043eduction' };
      const [note, ...more] = explained(env, alike).notes;
      same([note.level, note.title, more.length], ['care', 'Look-alike letters', 0]);
      ok(note.words.includes('pr\\u043eduction'), note.words);
      same(titles(explained(env, { ...VERCEL, name: '\u0410\u043d\u043d\u0430', city: '\u6771\u4eac' })), '');
    },
  },
  {
    name: 'explain: milliseconds and the nonce of Microsoft Graph are named',
    run(env) {
      const { same, ok } = env.assert;
      const told = explained(env, { ...VERCEL, exp: 1_800_003_600_000 });
      same(titles(told), 'refuse: Milliseconds');
      ok(told.notes[0].words.includes('2027-01-15 09:00:00 UTC'), told.notes[0].words);
      const graph = explained(env, { ...VERCEL, iss: 'https://sts.windows.net/x/' }, { alg: 'RS256', typ: 'JWT', nonce: 'n' });
      ok(titles(graph).startsWith('refuse: For Microsoft’s own services'), titles(graph));
      ok(graph.header.find(({ name }) => name === 'nonce').words.includes('Microsoft Graph'));
    },
  },
];
