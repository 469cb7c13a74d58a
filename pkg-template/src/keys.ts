/**
 * Keys in PEM as JWK Sets, for verifiers: public keys, X.509 certificates, and the maps of certificates that Google publishes.
 *
 * A certificate is a container for a key here. Its chain, its dates and its issuer are not checked: get it from where the key can be
 * trusted.
 *
 * @module
 */

import { invalidOption } from './core/errors.js';
import { assertKnown, isObject, kindOf, ownOptions } from './core/options.js';
import { readBody } from './core/send.js';
import { credentialsModule } from './credentials/module.js';
import type { Algorithm, JsonWebKeySet } from './verify/types.js';

export type { Algorithm, JsonWebKeyMembers, JsonWebKeySet } from './verify/types.js';

/** Options of {@link jwksFromCertificates}. Unknown members are refused. */
export interface CertificateOptions {
  /** The only algorithm that the keys are for. Default: every algorithm of their type that the verifier allows. */
  alg?: Algorithm;
}

/** Options of {@link jwksFromPem}. Unknown members are refused. */
export interface PemOptions extends CertificateOptions {
  /** The key's `kid`, where the text has one key. Default: none, and tokens with a `kid` then do not fit. */
  kid?: string;
}

/** Options of {@link certificateFetch}. Unknown members are refused. */
export interface CertificateFetchOptions extends CertificateOptions {
  /** Fetches the certificates. Default: the runtime's own `fetch`. */
  fetch?: typeof fetch;
}

/** The size of a text that is converted, in bytes: that of a JWK Set. */
const MAX_BYTES = 524_288;

/**
 * Converts PEM blocks to a JWK Set: `PUBLIC KEY`, `RSA PUBLIC KEY` and `CERTIFICATE`. Text around the blocks is skipped.
 *
 * ```ts
 * const verifier = createVerifier({ issuer, audience, jwks: jwksFromPem(pem, { kid: 'key-1' }) });
 * ```
 *
 * @throws {CountersignError} `ERR_JWKS_INVALID` with the reason for each block in `keys`, also where one is a private key;
 * `ERR_INVALID_OPTION`.
 */
export function jwksFromPem(text: string, options: PemOptions = {}): JsonWebKeySet {
  const { kid, alg } = textOptions<PemOptions>(options, ['kid', 'alg']);
  if (typeof text !== 'string') throw invalidOption('text', `must be a string with PEM blocks, not ${kindOf(text)}`);
  assertSize(text, 'text');
  return JSON.parse(credentialsModule.call((wasm) => wasm.jwks_from_pem(text, kid, alg)));
}

/**
 * Converts an object of PEM texts by `kid`, or its JSON text, to a JWK Set. It is the form of
 * `https://www.googleapis.com/oauth2/v1/certs`, of Firebase and of Identity-Aware Proxy.
 *
 * @throws {CountersignError} as {@link jwksFromPem}.
 */
export function jwksFromCertificates(
  certificates: Readonly<Record<string, string>> | string,
  options: CertificateOptions = {},
): JsonWebKeySet {
  const { alg } = textOptions<CertificateOptions>(options, ['alg']);
  return convert(mapText(certificates), alg, false);
}

/**
 * Makes a `fetch` for a verifier whose `jwks` is the URL of such an object: its responses become JWK Sets. All others are
 * passed on unchanged. A key of a type that is not supported is left out.
 *
 * ```ts
 * const jwks = 'https://www.googleapis.com/oauth2/v1/certs';
 * const verifier = createVerifier({ issuer, audience, jwks, fetch: certificateFetch() });
 * ```
 *
 * Throws `ERR_INVALID_OPTION`. Where a certificate cannot be converted, the verifier throws `ERR_JWKS_FETCH_FAILED` with the reason
 * as `cause`.
 */
export function certificateFetch(options: CertificateFetchOptions = {}): typeof fetch {
  const { fetch: fetcher, ...rest } = ownOptions(options);
  if (fetcher !== undefined && typeof fetcher !== 'function') throw invalidOption('fetch', 'must be a function');
  const { alg } = textOptions<CertificateFetchOptions>(rest, ['alg', 'fetch']);
  if (alg !== undefined) credentialsModule.call((wasm) => wasm.check_signature_algorithm(alg));
  return async (input, init) => {
    const response = await (fetcher ?? fetch)(input, init);
    if (response.status !== 200) return response;
    const body = await readBody(response, MAX_BYTES);
    const text = new TextDecoder().decode(body);
    const { status, headers } = response;
    if (!text.includes('-----BEGIN ')) return new Response(body as Uint8Array<ArrayBuffer>, { status, headers });
    return Response.json(convert(text, alg, true));
  };
}

function convert(map: string, alg: string | undefined, skipUnsupported: boolean): JsonWebKeySet {
  return JSON.parse(credentialsModule.call((wasm) => wasm.jwks_from_certificates(map, alg, skipUnsupported)));
}

/** The JSON text of an object of strings. */
function mapText(certificates: unknown): string {
  const name = 'certificates';
  if (typeof certificates === 'string') {
    assertSize(certificates, name);
    return certificates;
  }
  const problem = 'must be an object of PEM texts by `kid`, or its JSON text';
  if (!isObject(certificates)) throw invalidOption(name, `${problem}, not ${kindOf(certificates)}`);
  const members = Object.entries(certificates);
  let length = 0;
  for (const [kid, text] of members) {
    if (typeof text !== 'string') throw invalidOption(name, problem);
    length += kid.length + text.length;
  }
  if (length > MAX_BYTES) throw tooLarge(name);
  // Written member by member: `__proto__` is a name like any other.
  return `{${members.map(([kid, text]) => `${JSON.stringify(kid)}:${JSON.stringify(text)}`).join(',')}}`;
}

/** Options that are strings. */
function textOptions<T extends object>(options: T, known: readonly string[]): T {
  const own = ownOptions(options);
  assertKnown(credentialsModule, own, known);
  for (const [name, value] of Object.entries(own)) {
    if (typeof value !== 'string' || value === '') throw invalidOption(name, 'must be a string that is not empty');
  }
  return own;
}

function assertSize(text: string, name: string): void {
  if (text.length > MAX_BYTES) throw tooLarge(name);
}

const tooLarge = (name: string) => invalidOption(name, `must be at most ${MAX_BYTES} bytes`);
