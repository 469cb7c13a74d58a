// The requests of the soak: each kind with its tokens, and the response that must come.
import { generateKeyPairSync, sign } from 'node:crypto';
import { keyOf } from '../../peers/chaos/services.mjs';

export const PROJECT_ID = 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3';
const ANOTHER_PROJECT = 'prj_8Hw5ZMBpQA8h9GF832KGp7nwbuh4';

/** Routes that a guard protects. `cold` replaces its verifier after every 100 requests. */
export const GUARDED = ['/api/verified', '/api/uncached', '/api/scoped', '/api/cold', '/proxied'];

/** How many tokens of a kind are sent again and again, for each key of the issuer. */
const REPEATED = 24;
/** More than the credentials that a process keeps (256), so that some are evicted. */
const IDENTITIES = 300;

const refused = (code) => ({ status: 401, code });
const OK = { status: 200 };

/** Kinds of requests to guarded routes. `share` weighs them; `header` makes the header where that is not `Bearer <token>`. */
const GUARD_KINDS = {
  'good, new': { share: 20, claims: () => ({}), expected: OK },
  'good, seen before': { share: 40, claims: () => ({}), repeated: true, expected: OK },
  'scope missing': { share: 4, claims: () => ({ scope: 'write' }), paths: ['/api/scoped'], repeated: true, expected: { status: 403 } },
  expired: { share: 4, claims: () => ({}), expiresIn: -60, repeated: true, expected: refused('ERR_JWT_EXPIRED') },
  'wrong audience': {
    share: 4,
    claims: () => ({ aud: 'https://third-party.example' }),
    repeated: true,
    expected: refused('ERR_JWT_CLAIM_VALIDATION_FAILED'),
  },
  'wrong project': {
    share: 4,
    claims: () => ({ project_id: ANOTHER_PROJECT }),
    repeated: true,
    expected: refused('ERR_JWT_CLAIM_VALIDATION_FAILED'),
  },
  'forged: a character changed': {
    share: 4,
    claims: () => ({}),
    spoil: changeCharacter,
    expected: refused('ERR_JWS_SIGNATURE_VERIFICATION_FAILED'),
  },
  'forged: signed with another key': {
    share: 2,
    claims: () => ({}),
    spoil: signAgain,
    repeated: true,
    expected: refused('ERR_JWS_SIGNATURE_VERIFICATION_FAILED'),
  },
  'unknown key': {
    share: 2,
    claims: () => ({}),
    header: { kid: 'mrk-of-nobody' },
    repeated: true,
    expected: refused('ERR_JWKS_NO_MATCHING_KEY'),
  },
  // Refused before a key is looked up.
  malformed: { share: 3, spoil: () => 'not-a-token', expected: refused('ERR_JWS_INVALID'), keyless: true },
  'malformed header': { share: 2, authorization: 'Bearer two words', expected: { status: 400 }, keyless: true },
  none: { share: 3, authorization: undefined, expected: { status: 401 }, keyless: true },
};

/** Kinds of requests to the route that finds a token and exchanges it. */
const EXCHANGE_KINDS = {
  'exchange, seen before': { share: 8, pool: IDENTITIES },
  'exchange, new': { share: 3 },
  'exchange, expired': { share: 1, expiresIn: -60, pool: 8, expected: refused('ERR_CREDENTIALS_NOT_FOUND') },
  'exchange, none': { share: 1, expected: refused('ERR_CREDENTIALS_NOT_FOUND'), none: true },
};

export const KINDS = [...Object.keys(GUARD_KINDS), ...Object.keys(EXCHANGE_KINDS)];

const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });

function changeCharacter(token) {
  const at = token.length - 100;
  return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
}

function signAgain(token) {
  const input = token.slice(0, token.lastIndexOf('.'));
  return `${input}.${sign('sha256', Buffer.from(input), stranger.privateKey).toString('base64url')}`;
}

/**
 * Makes requests for one issuer, by chance unless a kind is named: `next(kind?)` resolves to `{ kind, path, headers, secret, kid, expected }`. `rotated()` says that
 * the issuer signs with another key: tokens of the key before stay in use, older ones do not.
 */
export function traffic(issuer, chance) {
  const pick = (list) => list[Math.floor(chance() * list.length)];
  const weighted = [...Object.entries(GUARD_KINDS), ...Object.entries(EXCHANGE_KINDS)].flatMap(([kind, { share }]) =>
    Array(share).fill(kind),
  );
  /** Repeated tokens by kind, of the newest key and of the one before. */
  let [newest, previous] = [new Map(), undefined];
  const identities = new Map();
  let minted = 0;

  async function mint({ claims, expiresIn, header, spoil }) {
    const jti = `soak-${minted++}`;
    // Before the signature, which takes a while: the issuer may rotate its keys meanwhile.
    const { kid } = issuer.jwks.keys.at(-1);
    const token = await issuer.mint({ scope: 'read', ...claims?.(), jti }, { expiresIn, header });
    return { token: spoil ? spoil(token) : token, jti, kid: header?.kid ?? kid };
  }

  /** One of a pool that fills up. */
  async function pooled(pools, name, size, make) {
    const pool = pools.get(name) ?? [];
    pools.set(name, pool);
    const at = Math.floor(chance() * size);
    return (pool[at] ??= await make());
  }

  async function guarded(kind) {
    const { paths = GUARDED, repeated, expected, keyless, spoil, ...rest } = GUARD_KINDS[kind];
    const path = pick(paths);
    if ('authorization' in rest) {
      const { authorization } = rest;
      return { kind, path, headers: authorization === undefined ? {} : { authorization }, expected };
    }
    const make = () => mint({ ...rest, spoil });
    const old = repeated && previous !== undefined && chance() < 0.4;
    const { token, jti, kid } = repeated ? await pooled(old ? previous : newest, kind, REPEATED, make) : await make();
    const body = expected === OK ? { sub: 'owner:acme:project:acme_website:environment:production', jti } : undefined;
    const headers = { authorization: `Bearer ${token}` };
    return { kind, path, headers, secret: token.slice(-40), ...(!keyless && { kid }), expected: { ...expected, body } };
  }

  async function exchanged(kind) {
    const { pool, expiresIn, expected, none } = EXCHANGE_KINDS[kind];
    const path = '/api/exchange';
    if (none) return { kind, path, headers: {}, expected };
    const make = async () => {
      const project = `site-${minted}`;
      const sub = `owner:acme:project:${project}:environment:production`;
      const { token } = await mint({ claims: () => ({ project, sub }), expiresIn });
      return { token, identity: sub, issued: `token-${keyOf(issuer.issuer, sub, 'billing')}` };
    };
    const { token, identity, issued } = pool ? await pooled(identities, kind, pool, make) : await make();
    const good = { status: 200, body: { source: 'header', issued } };
    return {
      kind,
      path,
      headers: { 'x-vercel-oidc-token': token },
      secret: token.slice(-40),
      ...(!expected && { identity }),
      expected: expected ?? good,
    };
  }

  return {
    next: (kind = pick(weighted)) => (kind in GUARD_KINDS ? guarded(kind) : exchanged(kind)),
    rotated() {
      previous = newest;
      newest = new Map();
    },
  };
}
