import { CountersignError, createVerifier, describeKeys, type Algorithm, type JsonWebKeySet, type KeyReport } from 'countersign';
import { isObject, type Json } from './reading';

/** What the pasted keys say of the token's signature. */
export type SignatureCheck =
  | { state: 'unasked' }
  | { state: 'fits'; keys: KeyReport[] }
  | { state: 'does not fit'; words: string; keys: KeyReport[] }
  | { state: 'cannot be checked'; words: string; keys: KeyReport[] };

/**
 * Checks the signature alone, with keys in hand: the claims are shown elsewhere, and whose keys these are is for the reader to know.
 */
export function checkSignature(token: string, header: Json, claims: Json, text: string): SignatureCheck {
  if (text.trim() === '') return { state: 'unasked' };
  const cannot = (words: string, keys: KeyReport[] = []): SignatureCheck => ({ state: 'cannot be checked', words, keys });
  const jwks = readKeys(text);
  if (typeof jwks === 'string') return cannot(jwks);
  let keys: KeyReport[] = [];
  try {
    keys = describeKeys(jwks);
    const verifier = createVerifier({
      issuer: typeof claims['iss'] === 'string' ? claims['iss'] : '',
      audience: null,
      algorithms: [header['alg'] as Algorithm],
      ...(typeof header['typ'] === 'string' && { typ: [header['typ']] }),
      jwks,
      cache: { tokens: 0 },
    });
    verifier.verifySync(token);
    return { state: 'fits', keys };
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error;
    switch (error.code) {
      // The claims are looked at once the signature has been found good.
      case 'ERR_JWT_EXPIRED':
        return { state: 'fits', keys };
      case 'ERR_JWT_CLAIM_VALIDATION_FAILED':
        if (error.claim === 'iss')
          return cannot('A verifier asks first whose token it is, and this one does not say: there is no usable `iss`.', keys);
        return error.claim === 'typ' ? cannot('The `typ` in the header is not a text.', keys) : { state: 'fits', keys };
      case 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED':
        return { state: 'does not fit', words: 'The token was changed after it was signed, or another key of this name signed it.', keys };
      case 'ERR_JWKS_NO_MATCHING_KEY':
        return { state: 'does not fit', words: 'None of these keys has the name and the algorithm that the header asks for.', keys };
      case 'ERR_INVALID_OPTION':
        return cannot(
          typeof claims['iss'] !== 'string' || claims['iss'] === ''
            ? 'A verifier asks first whose token it is, and this one does not say: there is no usable `iss`.'
            : 'The header’s `alg` is not one that public keys are checked with.',
          keys,
        );
      case 'ERR_JWKS_INVALID':
        return cannot(
          keys.length > 0
            ? 'None of these keys can be used for the header’s `alg`.'
            : 'This is no key set: a JSON object with an array `keys`.',
          keys,
        );
      default:
        return cannot(`${error.message}.`, keys);
    }
  }
}

/** A key set, or one key, which is a set of one; a text says what is wrong. */
function readKeys(text: string): JsonWebKeySet | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return /-----BEGIN/.test(text)
      ? 'This is PEM. The keys are wanted as a JSON Web Key Set, as issuers publish them.'
      : 'This is not JSON.';
  }
  if (isObject(value) && 'kty' in value) return { keys: [value as { kty: string }] };
  if (!isObject(value) || !Array.isArray(value['keys'])) return 'This is no key set: a JSON object with an array `keys`.';
  return value as unknown as JsonWebKeySet;
}
