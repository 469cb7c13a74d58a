/**
 * For tests and local development: an OIDC issuer that mints tokens like Vercel's, and a Connect service that trades them
 * for provider tokens. Both answer through a `fetch` of their own or over loopback HTTP. The issuer's keys are public
 * knowledge; never trust them in production.
 *
 * @module
 */

import { invalidOption } from './core/errors.js';
import { ownOptions } from './core/options.js';
import { KEYS } from './testing/keys.js';
import { type Listener, listen } from './testing/listen.js';
import { PROJECT_ID, TEAM_ID } from './testing/names.js';
import type { Algorithm, JsonWebKeySet, JwtClaims } from './verify/types.js';

export type {
  ConnectAppTokenSubject,
  ConnectAuthorizationDetail,
  ConnectCustomAuthorizationDetail,
  ConnectGitHubAppInstallationAuthorizationDetail,
  ConnectJwtBearerTokenSubject,
  ConnectTokenExchangeSubject,
  ConnectTokenSubject,
  ConnectUserTokenSubject,
} from './connect/types.js';
export { type TestConnect, type TestConnectOptions, type TestConnectorState, createTestConnect } from './testing/connect.js';
export type { TestConnector, TestConnectorLink } from './testing/connect/connectors.js';
export type { TestDelivery, TestDeliveryResult } from './testing/connect/deliver.js';
export type { TestConnectFault } from './testing/connect/faults.js';
export type { TestConnectToken } from './testing/connect/ledger.js';
export type { Listener } from './testing/listen.js';
export type { LocalServer } from './testing/serve.js';

/** Options of {@link createTestIssuer}. */
export interface TestIssuerOptions {
  /** Default: `https://oidc.vercel.com/acme`. */
  issuer?: string;
  /** The algorithm that tokens are signed with. Default: `RS256`. */
  alg?: Algorithm;
}

/** Further settings of a minted token. */
export interface MintOptions {
  /** Seconds until the token expires; negative for one that has expired. Default: 3600. */
  expiresIn?: number;
  /** Members of the protected header, over `typ`, `alg` and `kid`. */
  header?: Record<string, unknown>;
}

/** Claims to mint: over those of a production token of Vercel. `undefined` leaves a claim out. */
export type MintClaims = { [claim in keyof JwtClaims]?: unknown };

/** The keys that stay after a rotation. */
export interface RotateOptions {
  /** Whether the key that signed until now stays in the set, as real issuers keep it for a while. Default: false. */
  keepPrevious?: boolean;
}

/** An issuer for tests. */
export interface TestIssuer {
  /** The value of `iss`. */
  readonly issuer: string;
  /** The public key set, as it is now. */
  readonly jwks: JsonWebKeySet;
  /**
   * Signs a token, with the claims of a production token of Vercel unless others are given. Rejects with `ERR_INVALID_OPTION`
   * for an unknown option.
   */
  mint(claims?: MintClaims, options?: MintOptions): Promise<string>;
  /** Answers for the issuer's discovery document and key set, and rejects for every other URL, as a closed network does. */
  readonly fetch: typeof fetch;
  /** Signs with another key from now on. */
  rotate(options?: RotateOptions): void;
  /** Serves the same over HTTP on 127.0.0.1, on a free port unless one is given. Needs Node.js 20.16, Deno or Bun. */
  listen(port?: number): Promise<Listener>;
}

interface Signing {
  key: keyof typeof KEYS;
  algorithm: AlgorithmIdentifier | RsaHashedImportParams | EcKeyImportParams;
  sign: AlgorithmIdentifier | RsaPssParams | EcdsaParams;
}

const rsa = (name: string, bits: number): Signing => ({
  key: 'RSA',
  algorithm: { name, hash: `SHA-${bits}` },
  // RFC 7518 section 3.5: the salt is as long as the hash.
  sign: name === 'RSA-PSS' ? { name, saltLength: bits / 8 } : { name },
});

const ecdsa = (key: 'P-256' | 'P-384' | 'P-521', hash: string): Signing => ({
  key,
  algorithm: { name: 'ECDSA', namedCurve: key },
  sign: { name: 'ECDSA', hash },
});

const ed25519: Signing = { key: 'Ed25519', algorithm: { name: 'Ed25519' }, sign: { name: 'Ed25519' } };

const SIGNING: Record<Algorithm, Signing> = {
  RS256: rsa('RSASSA-PKCS1-v1_5', 256),
  RS384: rsa('RSASSA-PKCS1-v1_5', 384),
  RS512: rsa('RSASSA-PKCS1-v1_5', 512),
  PS256: rsa('RSA-PSS', 256),
  PS384: rsa('RSA-PSS', 384),
  PS512: rsa('RSA-PSS', 512),
  ES256: ecdsa('P-256', 'SHA-256'),
  ES384: ecdsa('P-384', 'SHA-384'),
  ES512: ecdsa('P-521', 'SHA-512'),
  EdDSA: ed25519,
  Ed25519: ed25519,
};

/** Makes an issuer for tests. Nothing is shared between two of them but the keys, which everyone knows. */
export async function createTestIssuer(options: TestIssuerOptions = {}): Promise<TestIssuer> {
  const { issuer = 'https://oidc.vercel.com/acme', alg = 'RS256' } = ownOptions(options);
  if (typeof issuer !== 'string' || !URL.canParse(issuer)) throw invalidOption('issuer', 'must be a URL');
  if (typeof alg !== 'string' || !Object.hasOwn(SIGNING, alg))
    throw invalidOption('alg', `must be one of ${Object.keys(SIGNING).join(', ')}`);
  const signing = SIGNING[alg];
  const keys = KEYS[signing.key];
  // A name of its own for each rotation, also where the keys begin again from the first.
  const keyNumber = (number: number) => ({
    number,
    jwk: keys[number % keys.length] as JsonWebKey,
    kid: `mrk-test-${number + 1}`,
  });

  // The last one signs; the ones before it are still published.
  let published = [keyNumber(0)];

  const jwks = (): JsonWebKeySet => ({
    keys: published.map(({ jwk: { kty, crv, n, e, x, y }, kid }) =>
      // JSON drops the members that this type of key does not have.
      JSON.parse(JSON.stringify({ kty, crv, n, e, x, y, kid, alg, use: 'sig' })),
    ),
  });

  /** The document under the path of a URL below the issuer; undefined for any other path. */
  const answer = (url: string): unknown => {
    const base = issuer.replace(/\/+$/, '');
    if (url === `${base}/.well-known/jwks`) return jwks();
    if (url !== `${base}/.well-known/openid-configuration`) return undefined;
    return {
      issuer,
      jwks_uri: `${base}/.well-known/jwks`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: [alg],
    };
  };

  return {
    issuer,
    get jwks() {
      return jwks();
    },
    async mint(claims = {}, options = {}) {
      const { expiresIn = 3600, header = {}, ...unknown } = ownOptions(options);
      const [other] = Object.keys(unknown);
      if (other !== undefined) throw invalidOption(other, `is not an option of \`mint\`; ${belongsTo(other)}`);
      const { jwk, kid } = published.at(-1) as (typeof published)[number];
      const key = await crypto.subtle.importKey('jwk', jwk, signing.algorithm, false, ['sign']);
      const text = `${encode({ typ: 'JWT', alg, kid, ...header })}.${encode({ ...vercelClaims(issuer, claims, expiresIn), ...claims })}`;
      const signature = await crypto.subtle.sign(signing.sign, key, new TextEncoder().encode(text));
      return `${text}.${base64url(new Uint8Array(signature))}`;
    },
    fetch: async (input) => {
      const url = input instanceof Request ? input.url : String(input);
      const body = answer(url);
      if (body === undefined) throw new TypeError(`the test issuer does not serve ${url}`);
      return Response.json(body);
    },
    rotate({ keepPrevious = false } = {}) {
      const last = published.at(-1) as (typeof published)[number];
      published = [...(keepPrevious ? published : []), keyNumber(last.number + 1)];
    },
    // Over HTTP the path decides: the server has another host than the issuer's name.
    listen: (port) => listen((path) => answer(new URL(issuer).origin + path), new URL(issuer).pathname, port),
  };
}

/** Says where an option of other libraries belongs. */
const belongsTo = (name: string): string =>
  name === 'alg' || name === 'issuer'
    ? 'pass it to `createTestIssuer`'
    : 'claims are the first argument, `kid` and `typ` belong in `header`';

/** The claims of a production token, in keeping with those that the caller gives. */
function vercelClaims(issuer: string, given: MintClaims, expiresIn: number): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1000);
  const exp = now + expiresIn;
  // A token that has expired was issued an hour before it did.
  const iat = expiresIn > 0 ? now : Math.floor(exp) - 3600;
  const path = new URL(issuer).pathname.split('/').filter(Boolean).at(-1);
  const { owner = path ?? 'acme', project = 'acme_website', environment = 'production' } = given as Record<string, string>;
  const subject = `owner:${owner}:project:${project}:environment:${environment}`;
  return {
    iss: issuer,
    aud: `https://vercel.com/${owner}`,
    sub: subject,
    scope: subject,
    owner,
    owner_id: TEAM_ID,
    project,
    project_id: PROJECT_ID,
    environment,
    nbf: iat,
    iat,
    exp,
  };
}

const encode = (value: object): string => base64url(new TextEncoder().encode(JSON.stringify(value)));

function base64url(bytes: Uint8Array): string {
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  return text.replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}
