// The header parameters (RFC 7515 section 4.1), each in words.

import type { JwsHeader } from '../verify/types.js';
import { type ExplainedMember, type Source, rfc } from './claims.js';
import { escapeHidden } from './words.js';

const ALGORITHMS: Record<string, [string, Source]> = {
  RS256: ['RSA PKCS #1 v1.5 with SHA-256', rfc(7518, '3.3')],
  RS384: ['RSA PKCS #1 v1.5 with SHA-384', rfc(7518, '3.3')],
  RS512: ['RSA PKCS #1 v1.5 with SHA-512', rfc(7518, '3.3')],
  PS256: ['RSA-PSS with SHA-256', rfc(7518, '3.5')],
  PS384: ['RSA-PSS with SHA-384', rfc(7518, '3.5')],
  PS512: ['RSA-PSS with SHA-512', rfc(7518, '3.5')],
  ES256: ['ECDSA on P-256 with SHA-256', rfc(7518, '3.4')],
  ES384: ['ECDSA on P-384 with SHA-384', rfc(7518, '3.4')],
  ES512: ['ECDSA on P-521 with SHA-512', rfc(7518, '3.4')],
  EdDSA: ['an Edwards curve', rfc(8037, '3.1')],
};

/** The name of a signature algorithm in words, if it is a public-key one. */
export const algorithmName = (alg: unknown): string | undefined =>
  typeof alg === 'string' && Object.hasOwn(ALGORITHMS, alg) ? ALGORITHMS[alg]?.[0] : undefined;

const PARAMETERS: Record<string, { source: Source; words: (value: unknown) => string }> = {
  alg: {
    source: rfc(7515, '4.1.1'),
    words: (value) => {
      const name = algorithmName(value);
      if (name) return `Algorithm: signed with ${name}. A verifier has its own list of algorithms and only looks whether this is on it.`;
      if (typeof value === 'string' && /^HS/.test(value))
        return 'Algorithm: a shared secret. Whoever can check such a token can also make one.';
      if (value === 'none') return 'Algorithm: not signed at all. Every verifier must refuse it.';
      return 'Algorithm: not one that is in common use.';
    },
  },
  typ: {
    source: rfc(7515, '4.1.9'),
    words: (value) => {
      const type = String(value).toLowerCase();
      if (type === 'jwt') return 'Type: a JSON Web Token. Compared without regard to case.';
      if (type === 'at+jwt') return 'Type: an OAuth access token (RFC 9068). It must not be taken for an ID token.';
      return 'Type: an explicit kind of token. A verifier for another kind must refuse it.';
    },
  },
  kid: {
    source: rfc(7515, '4.1.4'),
    words: () => 'Key id: which of the issuer’s published keys made the signature. A hint, not a proof.',
  },
  jku: { source: rfc(7515, '4.1.2'), words: () => 'Key set URL. A verifier must ignore it: the token would choose its own keys.' },
  jwk: {
    source: rfc(7515, '4.1.3'),
    words: () => 'A key inside the token. A verifier must ignore it: anyone can sign with a key of their own.',
  },
  x5u: { source: rfc(7515, '4.1.5'), words: () => 'Certificate URL. A verifier must ignore it unless it knows the certificate already.' },
  x5c: { source: rfc(7515, '4.1.6'), words: () => 'Certificate chain. Worth nothing without a root that the verifier trusts already.' },
  x5t: { source: rfc(7515, '4.1.7'), words: () => 'SHA-1 thumbprint of the certificate.' },
  'x5t#S256': { source: rfc(7515, '4.1.8'), words: () => 'SHA-256 thumbprint of the certificate.' },
  cty: { source: rfc(7515, '4.1.10'), words: () => 'Content type of the payload: `JWT` says that another token is inside.' },
  crit: { source: rfc(7515, '4.1.11'), words: () => 'Critical extensions: a verifier that does not know them all must refuse.' },
  nonce: {
    source: {
      label: 'Microsoft identity platform, access tokens',
      href: 'https://learn.microsoft.com/entra/identity-platform/access-tokens',
    },
    words: () =>
      'Microsoft puts it into access tokens for its own services, such as Microsoft Graph. The signature was made over another header, so only that service can check it.',
  },
  b64: { source: rfc(7797, '3'), words: () => 'Whether the payload is base64url-encoded. A JWT must not change this.' },
};

export function explainHeader(header: JwsHeader): ExplainedMember[] {
  return Object.entries(header).map(([name, value]) => {
    const parameter = Object.hasOwn(PARAMETERS, name) ? PARAMETERS[name] : undefined;
    return {
      name,
      value,
      words: (parameter && escapeHidden(parameter.words(value))) ?? 'Not a registered header parameter.',
      ...(parameter && { source: parameter.source }),
    };
  });
}
