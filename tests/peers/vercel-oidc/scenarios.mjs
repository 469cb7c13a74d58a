// What both packages are put through. Each scenario sets a machine up and says what is called; where the outcomes must differ it
// names the row of the table in docs/vercel-oidc.md that says so, and what each outcome is.
import { readFile } from 'node:fs/promises';
import { PROJECT, TEAM } from '../../js/fakes/machine.mjs';

const HEADER = 'x-vercel-oidc-token';
const get = (options, times) => [{ name: 'getVercelOidcToken', args: options === undefined ? [] : [options], times }];
const sync = [{ name: 'getVercelOidcTokenSync' }];
const login = [{ name: 'getVercelToken' }];
const API = 'api.vercel.com/v1/projects/';
const json = (value, status) => ({ body: JSON.stringify(value), status });
const DISCOVERY = {
  '/openid-configuration': json({ issuer: 'https://vercel.com', token_endpoint: 'https://api.vercel.com/login/oauth/token' }),
};
const renewal = (answer, status) => ({ ...DISCOVERY, '/login/oauth/token': json(answer, status) });
const RENEWED = { access_token: 'new-token', token_type: 'Bearer', expires_in: 3600, refresh_token: 'new-refresh' };
const OLD_LOGIN = { token: 'old-token', refreshToken: 'old-refresh', expiresAt: 1 };
const kept = (machine, ...names) => machine.path('data/com.vercel.token', ...names);

/** What is compared, unless a scenario says more. */
const outcomes = ({ outcomes, requests }) => ({
  outcomes: outcomes.map(({ value, error }) => value ?? error),
  // The members of an object may come in any order.
  requests: requests.map((request) => (request.body?.startsWith('{') ? { ...request, body: JSON.parse(request.body) } : request)),
});
const loginFile = async (result, machine) => ({ ...outcomes(result), login: JSON.parse(await readFile(machine.login, 'utf8')) });

/**
 * @param {object} tokens some tokens of one issuer, by what they are
 * @returns scenarios by name: `{ row?, setUp(machine), see?(result, machine), theirs?, ours? }`
 */
export function scenarios({ good, other, expired, dying, fetched, shop, timeless, textual }) {
  const linked = async (machine, auth = { token: 'cli-token' }) => {
    await machine.link();
    await machine.logIn(auth);
  };
  const answered = { [`${API}shop`]: json({ token: shop }), [API]: json({ token: fetched }) };
  const askedFor = (project, team) => ({ url: `https://${API}${project}/token?source=vercel-oidc-refresh&teamId=${team}` });
  return {
    'a header': { setUp: () => ({ headers: { [HEADER]: good }, calls: [...get(), ...sync] }) },
    'the environment': { setUp: () => ({ env: { VERCEL_OIDC_TOKEN: good }, calls: [...get(), ...sync] }) },
    'a header before the environment': {
      setUp: () => ({ headers: { [HEADER]: good }, env: { VERCEL_OIDC_TOKEN: other }, calls: [...get(), ...sync] }),
    },
    'a file before the environment': {
      setUp: async (machine) => (
        await machine.write(machine.path('token'), ` ${good}\n`),
        { env: { VERCEL_OIDC_TOKEN: other, VERCEL_OIDC_TOKEN_FILE: machine.path('token') }, calls: get() }
      ),
    },
    'an empty file': {
      setUp: async (machine) => (
        await machine.write(machine.path('token'), ' \n'), { env: { VERCEL_OIDC_TOKEN_FILE: machine.path('token') }, calls: get() }
      ),
    },
    'an empty name of a file': { setUp: () => ({ env: { VERCEL_OIDC_TOKEN_FILE: '', VERCEL_OIDC_TOKEN: good }, calls: get() }) },
    'a header before a file': {
      setUp: async (machine) => (
        await machine.write(machine.path('token'), other),
        { headers: { [HEADER]: good }, env: { VERCEL_OIDC_TOKEN_FILE: machine.path('token') }, calls: get() }
      ),
    },
    'nothing at all': { setUp: () => ({ calls: get() }) },
    'an unlinked folder and an expired token': { setUp: () => ({ env: { VERCEL_OIDC_TOKEN: expired }, calls: get() }) },
    'the context': { setUp: () => ({ headers: { 'x-vercel-id': 'iad1' }, calls: [{ name: 'getContext' }] }) },
    'no context': { setUp: () => ({ calls: [{ name: 'getContext' }] }) },
    'a refresh': { setUp: async (machine) => (await linked(machine), { answers: answered, calls: get() }) },
    'a refresh of a dying token': {
      setUp: async (machine) => (
        await linked(machine),
        { env: { VERCEL_OIDC_TOKEN: dying }, answers: answered, calls: [...get(), ...get({ expirationBufferMs: 300_000 })] }
      ),
    },
    'a refresh for a project and a team that are named': {
      setUp: async (machine) => (await machine.logIn(), { answers: answered, calls: get({ project: 'shop', team: 'acme' }) }),
    },
    'a refresh without a login': { setUp: async (machine) => (await machine.link(), { calls: get() }) },
    'a refresh that the API refuses': {
      setUp: async (machine) => (await linked(machine), { answers: { [API]: json({ error: { code: 'forbidden' } }, 403) }, calls: get() }),
    },
    'a refresh that answers nonsense': {
      setUp: async (machine) => (await linked(machine), { answers: { [API]: json({ token: 7 }) }, calls: get() }),
    },
    'a token that was kept': {
      setUp: async (machine) => (
        await linked(machine), await machine.write(kept(machine, `${PROJECT}.json`), { token: good }), { calls: get() }
      ),
    },
    'a refresh through the command': {
      setUp: async (machine) => (
        await linked(machine),
        await machine.command(`echo '${JSON.stringify({ token: fetched })}'`),
        { env: { VERCEL_TOKEN_STORAGE: 'keyring' }, calls: get() }
      ),
      see: async (result, machine) => ({ ...outcomes(result), run: await readFile(machine.path('arguments'), 'utf8') }),
    },
    'a login that is renewed': {
      setUp: async (machine) => (await linked(machine, OLD_LOGIN), { answers: { ...renewal(RENEWED), ...answered }, calls: get() }),
      see: async (result, machine) => {
        const { login, ...rest } = await loginFile(result, machine);
        return { ...rest, login: { ...login, expiresAt: typeof login.expiresAt } };
      },
    },
    'the login itself': { setUp: async (machine) => (await machine.logIn(), { calls: login }) },
    'the login itself, renewed': {
      setUp: async (machine) => (await machine.logIn(OLD_LOGIN), { answers: renewal(RENEWED), calls: login }),
    },
    'nobody is logged in': { setUp: () => ({ calls: login }) },
    'an exchange': {
      setUp: () => ({
        headers: { [HEADER]: good },
        answers: { '/~token': json({ token: fetched, expiry: 4_000_000_000 }) },
        calls: get({ audience: 'https://api.acme.example' }),
      }),
    },
    'an exchange of a token that is given': {
      setUp: () => ({
        answers: { '/~token': json({ token: fetched, expiry: 4_000_000_000 }) },
        calls: [{ name: 'exchangeVercelOidcToken', args: [{ token: good, audience: 'a', jti: 'b' }] }],
      }),
    },

    'an expired header and a refresh': {
      row: "the header's token has expired, a refresh is possible",
      setUp: async (machine) => (await linked(machine), { headers: { [HEADER]: expired }, answers: answered, calls: get() }),
      theirs: { outcomes: [expired], requests: [askedFor(PROJECT, TEAM)] },
      ours: { outcomes: [fetched], requests: [askedFor(PROJECT, TEAM)] },
    },
    'a project is named and another token lives': {
      row: '`project` or `team` is named',
      setUp: async (machine) => (
        await linked(machine), { env: { VERCEL_OIDC_TOKEN: good }, answers: answered, calls: get({ project: 'shop', team: 'acme' }) }
      ),
      theirs: { outcomes: [good], requests: [] },
      ours: { outcomes: [shop], requests: [askedFor('shop', 'acme')] },
    },
    'a token of another team was kept': {
      row: 'a kept token is of another team',
      setUp: async (machine) => (
        await machine.logIn(),
        await machine.write(kept(machine, 'shop.json'), { token: other }),
        { answers: answered, calls: get({ project: 'shop', team: 'acme' }) }
      ),
      theirs: { outcomes: [other], requests: [] },
      ours: { outcomes: [shop], requests: [askedFor('shop', 'acme')] },
    },
    'a name that is a path': {
      row: "a project's name is a path",
      setUp: async (machine) => (
        await machine.logIn(),
        { answers: { 'api.vercel.com/': json({ token: fetched }) }, calls: get({ project: '../../evil', team: 'acme' }) }
      ),
      see: async ({ outcomes }, machine) => ({
        failed: outcomes[0].error !== undefined,
        files: (await machine.files()).filter((name) => name !== 'script.json'),
      }),
      theirs: { failed: false, files: ['auth.json', 'evil.json'] },
      ours: { failed: true, files: ['auth.json'] },
    },
    'the file of a token': {
      row: 'file of a kept token',
      setUp: async (machine) => (await linked(machine), { answers: answered, calls: get() }),
      see: async (_result, machine) => {
        const mode = async (file) => (await machine.mode(file).catch(() => undefined))?.toString(8);
        return { theirs: await mode(kept(machine, `${PROJECT}.json`)), ours: await mode(machine.kept()) };
      },
      theirs: { theirs: '660', ours: undefined },
      ours: { theirs: undefined, ours: '600' },
    },
    'no connection while a login is renewed': {
      row: 'the renewal of the login fails',
      setUp: async (machine) => (await linked(machine, OLD_LOGIN), { calls: login }),
      see: async (result, machine) => ({ outcomes: outcomes(result).outcomes, login: (await loginFile(result, machine)).login }),
      theirs: { outcomes: ['RefreshAccessTokenFailedError'], login: {} },
      ours: { outcomes: ['RefreshAccessTokenFailedError'], login: OLD_LOGIN },
    },
    'a renewal without a new refresh token': {
      row: 'the renewal brings no new refresh token',
      setUp: async (machine) => (
        await machine.logIn(OLD_LOGIN), { answers: renewal({ ...RENEWED, refresh_token: undefined }), calls: login }
      ),
      see: async (result, machine) => ({
        outcomes: outcomes(result).outcomes,
        refreshToken: (await loginFile(result, machine)).login.refreshToken,
      }),
      theirs: { outcomes: ['new-token'], refreshToken: undefined },
      ours: { outcomes: ['new-token'], refreshToken: 'old-refresh' },
    },
    'ten refreshes at once': {
      row: 'many calls at once',
      setUp: async (machine) => (await linked(machine), { answers: answered, calls: get(undefined, 10) }),
      see: ({ requests }) => requests.length,
      theirs: 10,
      ours: 1,
    },
    'twenty exchanges at once': {
      row: 'many calls at once',
      setUp: () => ({
        answers: { '/~token': json({ token: fetched, expiry: 4_000_000_000 }) },
        calls: [{ name: 'exchangeVercelOidcToken', args: [{ token: good, audience: 'a' }], times: 20 }],
      }),
      see: ({ requests }) => requests.length,
      theirs: 20,
      ours: 1,
    },
    'an expired token without waiting': {
      row: 'the token has expired; synchronous call, or Edge',
      setUp: () => ({ headers: { [HEADER]: expired }, calls: sync }),
      theirs: { outcomes: [expired], requests: [] },
      ours: { outcomes: ['VercelOidcTokenError'], requests: [] },
    },
    'a token without an `exp`': {
      row: '`exp` is missing or a string',
      setUp: () => ({ env: { VERCEL_OIDC_TOKEN: timeless }, calls: get() }),
      theirs: { outcomes: [timeless], requests: [] },
      ours: { outcomes: ['VercelOidcTokenError'], requests: [] },
    },
    'an `exp` that is a text': {
      row: '`exp` is missing or a string',
      setUp: () => ({ env: { VERCEL_OIDC_TOKEN: textual }, calls: get() }),
      theirs: { outcomes: [textual], requests: [] },
      ours: { outcomes: ['VercelOidcTokenError'], requests: [] },
    },
    'text that is no token, without waiting': {
      row: 'the text is not a token; synchronous call, or Edge',
      setUp: () => ({ env: { VERCEL_OIDC_TOKEN: 'anything' }, calls: sync }),
      theirs: { outcomes: ['anything'], requests: [] },
      ours: { outcomes: ['VercelOidcTokenError'], requests: [] },
    },
    'an empty header': {
      row: 'the header is empty',
      setUp: () => ({ headers: { [HEADER]: '' }, env: { VERCEL_OIDC_TOKEN: good }, calls: get() }),
      theirs: { outcomes: ['VercelOidcTokenError'], requests: [] },
      ours: { outcomes: [good], requests: [] },
    },
    'the getter passed bare to google-auth': {
      row: 'unknown options',
      setUp: () => ({
        headers: { [HEADER]: good },
        answers: { '/~token': json({ token: fetched }) },
        calls: get({ audience: '//iam.googleapis.com/x', subjectTokenType: 'urn:ietf:params:oauth:token-type:jwt' }),
      }),
      see: ({ outcomes, requests }) => ({ failed: outcomes[0].error !== undefined, requests: requests.length }),
      theirs: { failed: false, requests: 1 },
      ours: { failed: true, requests: 0 },
    },
    'the environment after a refresh': {
      row: '`process.env` after a refresh',
      setUp: async (machine) => (await linked(machine), { answers: answered, calls: get() }),
      see: ({ env }) => env,
      theirs: fetched,
      ours: null,
    },
    'a deployment': {
      row: 'refresh in a deployment',
      setUp: async (machine) => (await linked(machine), { env: { VERCEL_ENV: 'production' }, answers: answered, calls: get() }),
      theirs: { outcomes: [fetched], requests: [askedFor(PROJECT, TEAM)] },
      ours: { outcomes: ['VercelOidcTokenError'], requests: [] },
    },
    'errors without waiting': {
      row: 'class of errors',
      setUp: () => ({ calls: sync }),
      theirs: { outcomes: ['Error'], requests: [] },
      ours: { outcomes: ['VercelOidcTokenError'], requests: [] },
    },
    'errors of a file': {
      row: 'class of errors',
      setUp: (machine) => ({ env: { VERCEL_OIDC_TOKEN_FILE: machine.path('nowhere') }, calls: get() }),
      theirs: { outcomes: ['Error'], requests: [] },
      ours: { outcomes: ['VercelOidcTokenError'], requests: [] },
    },
    'errors of an exchange': {
      row: 'class of errors',
      setUp: () => ({
        answers: { '/~token': json({ error: 'no' }, 400) },
        calls: [{ name: 'exchangeVercelOidcToken', args: [{ token: good, audience: 'a' }] }],
      }),
      see: ({ outcomes }) => outcomes[0].error,
      theirs: 'Error',
      ours: 'VercelOidcTokenError',
    },
  };
}

export { outcomes };
