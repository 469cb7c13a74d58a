// Remarks that follow from the token alone, before any key is looked at.

import type { JwsHeader, JwtClaims } from '../verify/types.js';
import { algorithmName } from './header.js';
import { type KnownIssuer, knownIssuer } from './issuers.js';
import { readSubject } from './subject.js';
import { lookAlikes } from './look-alikes.js';
import { duration, escapeHidden, hasHidden, isMilliseconds, isTime, utc } from './words.js';

/** Something about a token that its reader should know. */
export interface Note {
  /** `refuse`: a careful verifier would refuse it for this; `care`: a policy should take it into account. */
  readonly level: 'refuse' | 'care';
  readonly title: string;
  /** Text between backticks is a name or a value. */
  readonly words: string;
}

type Say = (level: Note['level'], title: string, words: string) => void;

/** How long an issuer's clock may be ahead before it is worth a word, in seconds. */
const CLOCK_LEEWAY = 5;

/** A life of more than a day is long for a token that is sent as a bearer token. */
const LONG_LIFE = 86_400;

/** All there is to say, the header first. Whether it has expired is not judged here: times are shown as such. */
export function takeNotes(header: JwsHeader, claims: JwtClaims, now: number): Note[] {
  const found: Note[] = [];
  const say: Say = (level, title, words) => void found.push({ level, title, words: escapeHidden(words) });
  const issuer = knownIssuer(claims.iss, claims.sub);
  ofHeader(header, issuer, say);
  ofAudience(claims, issuer, say);
  ofTimes(claims, now, say);
  ofIdentity(claims, issuer, say);
  ofLetters(claims, say);
  return found;
}

function ofHeader(header: JwsHeader, issuer: KnownIssuer | undefined, say: Say): void {
  const { alg, typ } = header;
  if (alg === 'none') say('refuse', 'Not signed', '`alg` is `none`: anyone could have written this.');
  else if (!algorithmName(alg)) say('care', 'Unusual algorithm', `\`alg\` is \`${String(alg)}\`, not one of the public-key algorithms.`);
  for (const name of ['jku', 'jwk', 'x5u']) {
    if (name in header) say('care', 'Brings its own key', `The header has \`${name}\`. A verifier that follows it lets anyone sign.`);
  }
  if (header['nonce'] !== undefined) {
    say(
      'refuse',
      'For Microsoft’s own services',
      'The header has a `nonce`, as access tokens of Microsoft Graph have: no other receiver can check the signature. Request a token for your own API.',
    );
  }
  if (typ === undefined || String(typ).toLowerCase() === 'jwt') return;
  if (issuer?.name === 'Vercel') say('refuse', 'Odd type', `\`typ\` is \`${String(typ)}\`; Vercel writes \`JWT\`.`);
  else say('care', 'Odd type', `\`typ\` is \`${String(typ)}\`: a verifier that does not ask for just that must refuse it.`);
}

function ofAudience({ aud }: JwtClaims, issuer: KnownIssuer | undefined, say: Say): void {
  if (aud === undefined) {
    say('refuse', 'No audience', 'Without `aud` it is meant for everybody: any receiver could use it against another.');
  } else if (Array.isArray(aud) && aud.length > 1) {
    say('care', 'Wide audience', `It is meant for ${aud.length} receivers, and each of them can use it against the others.`);
  } else if (issuer?.mode === 'team' && String(aud) === `https://vercel.com/${issuer.team}`) {
    say(
      'care',
      'Wide audience',
      'Everyone whom the team calls gets this audience. Ask Vercel for one of your own where a receiver must not use it elsewhere.',
    );
  }
}

function ofTimes({ exp, nbf, iat }: JwtClaims, now: number, say: Say): void {
  for (const [name, value] of Object.entries({ exp, nbf, iat })) {
    if (isMilliseconds(value))
      say(
        'refuse',
        'Milliseconds',
        `\`${name}\` counts milliseconds: ${utc(value / 1000)}. The standard counts seconds, so verifiers refuse it.`,
      );
  }
  if (isMilliseconds(exp)) return;
  if (!isTime(exp)) say('refuse', 'No expiry', 'Without a valid `exp` it would be good for ever.');
  else {
    const start = [iat, nbf].find(isTime);
    if (start !== undefined && exp - start > LONG_LIFE) {
      say('care', 'Long life', `It lives ${duration(exp - start)}. A stolen copy is good for as long.`);
    }
    if (isTime(nbf) && nbf >= exp) say('refuse', 'Never valid', '`nbf` is not before `exp`.');
  }
  if (isTime(iat) && iat > now + CLOCK_LEEWAY)
    say('care', 'Issued in the future', 'One of the two clocks is wrong: the issuer’s, or this machine’s.');
  if (nbf === undefined && iat === undefined) {
    say('care', 'No beginning', 'Neither `nbf` nor `iat`: nobody can tell how old it is.');
  } else if (nbf === undefined) {
    say('care', 'No `nbf`', 'It is good at any moment before its expiry, however early; `iat` only says when it was made.');
  }
}

function ofIdentity(claims: JwtClaims, issuer: KnownIssuer | undefined, say: Say): void {
  const { iss, sub, owner, scope } = claims;
  if (iss === undefined) say('refuse', 'No issuer', 'Without `iss` there is no telling whose key should check the signature.');
  else if (!issuer && typeof iss === 'string' && /vercel/i.test(iss)) {
    say('care', 'Not Vercel’s issuer', 'The issuer mentions Vercel, but is not `https://oidc.vercel.com` or a team’s address below it.');
  }
  const parts = readSubject(claims);
  if (issuer?.name === 'Vercel' && !parts)
    say('refuse', 'Subject not in Vercel’s form', 'Vercel writes `owner:…:project:…:environment:…`.');
  for (const { key, value, claim, agrees } of parts ?? []) {
    if (claim === undefined || agrees) continue;
    say(
      'refuse',
      'The token contradicts itself',
      claims[claim] === undefined
        ? `The subject names \`${value}\` as its ${key}, but there is no \`${claim}\` claim.`
        : `The subject says that the ${key} is \`${value}\`, the \`${claim}\` claim says \`${String(claims[claim])}\`.`,
    );
  }
  if (issuer?.name === 'GitHub Actions' && claims['repository_id'] === undefined) {
    say('care', 'Names instead of ids', 'Only the repository’s name is left to decide on, and names can be taken over.');
  }
  if (issuer?.name !== 'Vercel') return;
  if (scope !== undefined && scope !== sub) say('care', 'Scope differs from the subject', 'Vercel writes the same text into both.');
  if (issuer.mode === 'team' && typeof owner === 'string' && owner !== issuer.team) {
    say('refuse', 'Another team’s issuer', `The issuer belongs to \`${issuer.team}\`, the \`owner\` claim says \`${owner}\`.`);
  }
  if (issuer.mode === 'global') {
    say('care', 'Global issuer', 'Every Vercel team’s tokens come from this issuer. A policy that only checks `iss` lets all of them in.');
  }
  if (claims['project_id'] === undefined) {
    say(
      'refuse',
      'Slug instead of id',
      'There is no `project_id`: only the project’s name is left to decide on, and names can be taken over.',
    );
  }
  if (claims['owner_id'] === undefined) {
    say('care', 'Slug instead of id', 'There is no `owner_id`: only the team’s slug is left to decide on, and slugs can be taken over.');
  }
}

/** Names and values whose characters are not what they seem. */
function ofLetters(claims: JwtClaims, say: Say): void {
  const texts = Object.entries(claims).flatMap(([name, value]) =>
    [name, ...(Array.isArray(value) ? value : [value])].map((text): [string, unknown] => [name, text]),
  );
  const named = (fits: (text: string) => boolean): string => {
    const names = texts.filter(([, text]) => typeof text === 'string' && fits(text)).map(([name]) => `\`${name}\``);
    return new Intl.ListFormat('en').format(new Set(names));
  };
  const hidden = named(hasHidden);
  if (hidden !== '')
    say(
      'refuse',
      'Hidden characters',
      `${hidden}: with characters that are not seen, or change the order of others. Here they are written as escapes.`,
    );
  const foreign = named((text) => lookAlikes(text) !== undefined);
  if (foreign === '') return;
  const shown = texts.map(([, text]) => typeof text === 'string' && lookAlikes(text)).find(Boolean);
  say(
    'care',
    'Look-alike letters',
    `${foreign}: with letters of another alphabet that look like Latin ones, as in \`${shown}\`. A name without them is another name.`,
  );
}
