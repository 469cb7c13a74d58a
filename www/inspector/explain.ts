import { isObject, type Json } from './reading';
import { vercelIssuer } from './subject';
import { duration, isTime } from './time';

/** One header parameter or claim, in words. Words between backticks are names or values. */
export type Entry = { name: string; value: unknown; words: string; source?: Source };
export type Source = { label: string; href: string };
export type Group = { title: string; entries: Entry[] };

const rfc = (number: number, section: string): Source => ({
  label: `RFC ${number}, ${section}`,
  href: `https://www.rfc-editor.org/rfc/rfc${number}.html#section-${section}`,
});
const openid = (section: string, id: string): Source => ({
  label: `OpenID Connect, ${section}`,
  href: `https://openid.net/specs/openid-connect-core-1_0.html#${id}`,
});
const VERCEL: Source = { label: 'Vercel OIDC', href: 'https://vercel.com/docs/oidc/reference' };

type Topic = 'issuer' | 'caller' | 'audience' | 'time' | 'rest';
type Explanation = { topic: Topic; source: Source; words: (value: unknown, claims: Json) => string };

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
const whenTime = (value: unknown, words: string): string => {
  if (typeof value !== 'number') return `${words} It must be a number of seconds since 1970, and is not one here.`;
  if (value > 100_000_000_000) return `${words} So large a number was probably meant in milliseconds; the standard counts seconds.`;
  return words;
};

const CLAIMS: Record<string, Explanation> = {
  iss: {
    topic: 'issuer',
    source: rfc(7519, '4.1.1'),
    words: (value) => {
      const vercel = vercelIssuer(value);
      if (vercel?.mode === 'team') {
        return `Issuer: who made this token and holds the signing key. Vercel, in team mode, for the team with the slug \`${vercel.team}\`.`;
      }
      if (vercel) {
        return 'Issuer: who made this token and holds the signing key. Vercel, in global mode: every team shares this issuer, so only `owner_id` or the audience keeps teams apart.';
      }
      return 'Issuer: who made this token and holds the signing key. A verifier compares it exactly, character by character.';
    },
  },
  sub: {
    topic: 'caller',
    source: rfc(7519, '4.1.2'),
    words: () => 'Subject: whom the token speaks about. Unique within its issuer, meaningless without it.',
  },
  aud: {
    topic: 'audience',
    source: rfc(7519, '4.1.3'),
    words: (value, claims) => {
      const vercel = vercelIssuer(claims['iss']);
      if (Array.isArray(value)) {
        return `Audience: who is meant to accept this token, ${value.length} of them. Each could pass it on to the others, so one audience is safer.`;
      }
      if (vercel?.mode === 'team' && value === `https://vercel.com/${vercel.team}`) {
        return `Audience: who is meant to accept this token. This is Vercel’s default for the team \`${vercel.team}\`; everyone whom the team calls sees the same one.`;
      }
      if (vercel) return 'Audience: who is meant to accept this token. Not Vercel’s default, so it was asked for through an audience exchange.';
      return 'Audience: who is meant to accept this token. Anyone else must refuse it.';
    },
  },
  exp: {
    topic: 'time',
    source: rfc(7519, '4.1.4'),
    words: (value) => whenTime(value, 'Expires: from this second on it must be refused.'),
  },
  nbf: {
    topic: 'time',
    source: rfc(7519, '4.1.5'),
    words: (value) => whenTime(value, 'Not before: earlier than this it must be refused.'),
  },
  iat: {
    topic: 'time',
    source: rfc(7519, '4.1.6'),
    words: (value, { exp }) =>
      whenTime(value, `Issued at.${isTime(value) && isTime(exp) && exp > value ? ` From issue to expiry it lives ${duration(exp - value, true)}.` : ''}`),
  },
  jti: {
    topic: 'rest',
    source: rfc(7519, '4.1.7'),
    words: () => 'Token identifier: different for every token, so that a second use of the same one can be noticed.',
  },
  scope: {
    topic: 'caller',
    source: rfc(8693, '4.2'),
    words: (value, { sub }) =>
      value === sub
        ? 'Scope: elsewhere a list of permissions. Vercel repeats the subject here; it grants nothing.'
        : `Scope: what the bearer may do${typeof value === 'string' && value.includes(' ') ? `, ${value.split(' ').length} permissions separated by spaces` : ''}.`,
  },
  client_id: { topic: 'caller', source: rfc(8693, '4.3'), words: () => 'Client: the application that asked for the token.' },
  may_act: { topic: 'caller', source: rfc(8693, '4.4'), words: () => 'Who may act on the subject’s behalf.' },
  act: {
    topic: 'caller',
    source: rfc(8693, '4.1'),
    words: (_value, { iss }) =>
      vercelIssuer(iss)
        ? 'Actor: Vercel writes the original audience and time of issue here when a token was exchanged for another audience.'
        : 'Actor: who is using the subject’s authority, when that is somebody else.',
  },
  cnf: {
    topic: 'caller',
    source: rfc(7800, '3.1'),
    words: () => 'Confirmation: the key that the bearer must prove to hold. A copy of the token alone is then of no use.',
  },
  azp: { topic: 'audience', source: openid('2', 'IDToken'), words: () => 'Authorized party: the client that the token was issued to.' },
  nonce: { topic: 'rest', source: openid('2', 'IDToken'), words: () => 'Nonce: ties the token to one sign-in, against replay.' },
  auth_time: { topic: 'time', source: openid('2', 'IDToken'), words: (value) => whenTime(value, 'When the user last signed in.') },
  acr: { topic: 'caller', source: openid('2', 'IDToken'), words: () => 'How strong the sign-in was, as a named class.' },
  amr: { topic: 'caller', source: openid('2', 'IDToken'), words: () => 'How the user signed in: password, one-time code, and so on.' },
  at_hash: { topic: 'rest', source: openid('3.1.3.6', 'CodeIDToken'), words: () => 'Hash of the access token that was issued together with this.' },
  name: { topic: 'caller', source: openid('5.1', 'StandardClaims'), words: () => 'The user’s full name, for display.' },
  email: {
    topic: 'caller',
    source: openid('5.1', 'StandardClaims'),
    words: () => 'The user’s e-mail address. Addresses change hands: decide on `iss` and `sub`.',
  },
  email_verified: { topic: 'caller', source: openid('5.1', 'StandardClaims'), words: () => 'Whether the issuer checked the e-mail address.' },
};

const VERCEL_CLAIMS: Record<string, Explanation> = {
  owner: {
    topic: 'caller',
    source: VERCEL,
    words: () => 'The team’s slug. It changes when the team is renamed, and somebody else can then take it: decide on `owner_id`.',
  },
  owner_id: { topic: 'caller', source: VERCEL, words: () => 'The team’s permanent id. Renaming the team does not change it.' },
  project: {
    topic: 'caller',
    source: VERCEL,
    words: () => 'The project’s name. It changes when the project is renamed: decide on `project_id`.',
  },
  project_id: { topic: 'caller', source: VERCEL, words: () => 'The project’s permanent id. This is the one to authorise.' },
  environment: {
    topic: 'caller',
    source: VERCEL,
    words: (value) => {
      switch (value) {
        case 'production':
          return 'A production deployment.';
        case 'preview':
          return 'A preview deployment: anyone who can open a pull request may be able to make one.';
        case 'development':
          return 'Somebody’s own machine, signed in through the Vercel command line.';
        default:
          return 'An environment that the team named itself.';
      }
    },
  },
  user_id: { topic: 'caller', source: VERCEL, words: () => 'The developer whose machine this is. Only development tokens have it.' },
  plan: { topic: 'caller', source: VERCEL, words: () => 'The team’s plan with Vercel. Nothing to decide on.' },
  external_sub: { topic: 'caller', source: VERCEL, words: () => 'A subject from outside Vercel. Optional, and rarely seen.' },
};

const TITLES: Record<Topic, string> = {
  issuer: 'Who says so',
  caller: 'Who is calling',
  audience: 'Who should listen',
  time: 'When',
  rest: 'Also',
};

/** The claims in words, by the question that they answer, in the token's own order within each. */
export function explainClaims(claims: Json): Group[] {
  const known = vercelIssuer(claims['iss']) || 'owner_id' in claims ? { ...CLAIMS, ...VERCEL_CLAIMS } : CLAIMS;
  const groups = new Map<Topic, Entry[]>((Object.keys(TITLES) as Topic[]).map((topic) => [topic, []]));
  for (const [name, value] of Object.entries(claims)) {
    const explanation = Object.hasOwn(known, name) ? known[name] : undefined;
    groups.get(explanation?.topic ?? 'rest')?.push({
      name,
      value,
      words: explanation?.words(value, claims) ?? 'Not a registered claim: its meaning is between this issuer and its audience.',
      ...(explanation && { source: explanation.source }),
    });
  }
  return [...groups].filter(([, entries]) => entries.length > 0).map(([topic, entries]) => ({ title: TITLES[topic], entries }));
}

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
      if (typeof value === 'string' && /^HS/.test(value)) return 'Algorithm: a shared secret. Whoever can check such a token can also make one.';
      if (value === 'none') return 'Algorithm: not signed at all. Every verifier must refuse it.';
      return 'Algorithm: not one that is in common use.';
    },
  },
  typ: {
    source: rfc(7515, '4.1.9'),
    words: (value) => {
      const type = text(value).toLowerCase();
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
  jwk: { source: rfc(7515, '4.1.3'), words: () => 'A key inside the token. A verifier must ignore it: anyone can sign with a key of their own.' },
  x5u: { source: rfc(7515, '4.1.5'), words: () => 'Certificate URL. A verifier must ignore it unless it knows the certificate already.' },
  x5c: { source: rfc(7515, '4.1.6'), words: () => 'Certificate chain. Worth nothing without a root that the verifier trusts already.' },
  x5t: { source: rfc(7515, '4.1.7'), words: () => 'SHA-1 thumbprint of the certificate.' },
  'x5t#S256': { source: rfc(7515, '4.1.8'), words: () => 'SHA-256 thumbprint of the certificate.' },
  cty: { source: rfc(7515, '4.1.10'), words: () => 'Content type of the payload: `JWT` says that another token is inside.' },
  crit: { source: rfc(7515, '4.1.11'), words: () => 'Critical extensions: a verifier that does not know them all must refuse.' },
  b64: { source: rfc(7797, '3'), words: () => 'Whether the payload is base64url-encoded. A JWT must not change this.' },
};

export function explainHeader(header: Json): Entry[] {
  return Object.entries(header).map(([name, value]) => {
    const parameter = Object.hasOwn(PARAMETERS, name) ? PARAMETERS[name] : undefined;
    return {
      name,
      value,
      words: parameter?.words(value) ?? 'Not a registered header parameter.',
      ...(parameter && { source: parameter.source }),
    };
  });
}

/** A value as it is shown: text bare, all else as JSON. */
export const show = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value, null, isObject(value) || (Array.isArray(value) && value.length > 1) ? 2 : 0);
