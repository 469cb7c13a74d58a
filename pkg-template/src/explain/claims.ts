// The registered claims, each in words.

import type { JwtClaims } from '../verify/types.js';
import { ISSUER_CLAIMS } from './issuer-claims.js';
import { knownIssuer } from './issuers.js';
import { duration, escapeHidden, isMilliseconds, isTime, utc } from './words.js';

/** The definition of a member. */
export interface Source {
  readonly label: string;
  readonly href: string;
}

/** One claim or header parameter, in words. */
export interface ExplainedMember {
  readonly name: string;
  readonly value: unknown;
  /** Its meaning; text between backticks is a name or a value. */
  readonly words: string;
  readonly source?: Source;
}

/** Claims that answer the same question. */
export interface ExplainedGroup {
  readonly title: string;
  readonly members: readonly ExplainedMember[];
}

/** A section of an RFC. */
export const rfc = (number: number, section: string): Source => ({
  label: `RFC ${number}, ${section}`,
  href: `https://www.rfc-editor.org/rfc/rfc${number}.html#section-${section}`,
});
const openid = (section: string, id: string): Source => ({
  label: `OpenID Connect, ${section}`,
  href: `https://openid.net/specs/openid-connect-core-1_0.html#${id}`,
});

/** The question that a claim answers. */
export type Topic = 'issuer' | 'caller' | 'audience' | 'time' | 'rest';

/** How a claim is explained. */
export interface Explanation {
  topic: Topic;
  source: Source;
  words: (value: unknown, claims: JwtClaims) => string;
}

const whenTime = (value: unknown, words: string): string => {
  if (typeof value !== 'number') return `${words} It must be a number of seconds since 1970, and is not one here.`;
  if (isMilliseconds(value))
    return `${words} In milliseconds it is ${utc(value / 1000)}; the standard counts seconds, so verifiers refuse it.`;
  if (!isTime(value)) return `${words} No verifier takes so large a number.`;
  return words;
};

const CLAIMS: Record<string, Explanation> = {
  iss: {
    topic: 'issuer',
    source: rfc(7519, '4.1.1'),
    words: (value, claims) => {
      const issuer = knownIssuer(value, claims.sub);
      if (issuer?.mode === 'team') {
        return `Issuer: who made this token and holds the signing key. Vercel, in team mode, for the team with the slug \`${issuer.team}\`.`;
      }
      if (issuer?.mode === 'global') {
        return 'Issuer: who made this token and holds the signing key. Vercel, in global mode: every team shares this issuer, so only `owner_id` or the audience keeps teams apart.';
      }
      const whose = issuer ? ` ${issuer.name}, by its address.` : '';
      return `Issuer: who made this token and holds the signing key.${whose} A verifier compares it exactly, character by character.`;
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
      const issuer = knownIssuer(claims.iss, claims.sub);
      if (Array.isArray(value)) {
        return `Audience: who is meant to accept this token, ${value.length} of them. Each could pass it on to the others, so one audience is safer.`;
      }
      if (issuer?.mode === 'team' && value === `https://vercel.com/${issuer.team}`) {
        return `Audience: who is meant to accept this token. This is Vercel’s default for the team \`${issuer.team}\`; everyone whom the team calls sees the same one.`;
      }
      if (issuer?.name === 'Vercel')
        return 'Audience: who is meant to accept this token. Not Vercel’s default, so it was asked for through an audience exchange.';
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
      whenTime(
        value,
        `Issued at.${isTime(value) && isTime(exp) && exp > value ? ` From issue to expiry it lives ${duration(exp - value)}.` : ''}`,
      ),
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
      knownIssuer(iss, undefined)?.name === 'Vercel'
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
  at_hash: {
    topic: 'rest',
    source: openid('3.1.3.6', 'CodeIDToken'),
    words: () => 'Hash of the access token that was issued together with this.',
  },
  name: { topic: 'caller', source: openid('5.1', 'StandardClaims'), words: () => 'The user’s full name, for display.' },
  email: {
    topic: 'caller',
    source: openid('5.1', 'StandardClaims'),
    words: () => 'The user’s e-mail address. Addresses change hands: decide on `iss` and `sub`.',
  },
  email_verified: {
    topic: 'caller',
    source: openid('5.1', 'StandardClaims'),
    words: () => 'Whether the issuer checked the e-mail address.',
  },
};

const TITLES: Record<Topic, string> = {
  issuer: 'Who says so',
  caller: 'Who is calling',
  audience: 'Who should listen',
  time: 'When',
  rest: 'Also',
};

/** The claims in words, by the question that they answer, in the token's own order within each. */
export function explainClaims(claims: JwtClaims): ExplainedGroup[] {
  const name = knownIssuer(claims.iss, claims.sub)?.name ?? ('owner_id' in claims ? 'Vercel' : undefined);
  const known = { ...CLAIMS, ...(name && ISSUER_CLAIMS[name]) };
  const groups = new Map<Topic, ExplainedMember[]>((Object.keys(TITLES) as Topic[]).map((topic) => [topic, []]));
  for (const [name, value] of Object.entries(claims)) {
    const explanation = Object.hasOwn(known, name) ? known[name] : undefined;
    groups.get(explanation?.topic ?? 'rest')?.push({
      name,
      value,
      words:
        (explanation && escapeHidden(explanation.words(value, claims))) ??
        'Not a registered claim: its meaning is between this issuer and its audience.',
      ...(explanation && { source: explanation.source }),
    });
  }
  return [...groups].filter(([, members]) => members.length > 0).map(([topic, members]) => ({ title: TITLES[topic], members }));
}
