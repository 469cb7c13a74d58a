import { algorithmName } from './explain';
import type { Json } from './reading';
import { readSubject, vercelIssuer } from './subject';
import { duration, isTime, type Seconds } from './time';

/** Something about the token that its reader should know. `refuse`: a careful verifier would refuse it for this. */
export type Note = { level: 'refuse' | 'care'; title: string; words: string };

/** What the token's own words give away, before any key is asked. Times of day are not judged here: the time line does. */
export function notes(header: Json, claims: Json, now: Seconds): Note[] {
  const found: Note[] = [];
  const refuse = (title: string, words: string): void => void found.push({ level: 'refuse', title, words });
  const care = (title: string, words: string): void => void found.push({ level: 'care', title, words });
  const issuer = vercelIssuer(claims['iss']);
  const { alg, typ } = header;
  const { iss, aud, exp, nbf, iat, owner, scope, sub } = claims;

  if (alg === 'none') refuse('Not signed', '`alg` is `none`: anyone could have written this.');
  else if (!algorithmName(alg)) care('Unusual algorithm', `\`alg\` is \`${String(alg)}\`, not one of the public-key algorithms.`);
  for (const name of ['jku', 'jwk', 'x5u']) {
    if (name in header) care('Brings its own key', `The header has \`${name}\`. A verifier that follows it lets anyone sign.`);
  }
  if (issuer && typeof typ === 'string' && typ.toLowerCase() !== 'jwt') {
    refuse('Odd type', `\`typ\` is \`${typ}\`; Vercel writes \`JWT\`.`);
  }
  if (iss === undefined) refuse('No issuer', 'Without `iss` there is no telling whose key should check the signature.');
  else if (!issuer && typeof iss === 'string' && /vercel/i.test(iss)) {
    care('Not Vercel’s issuer', 'The issuer mentions Vercel, but is not `https://oidc.vercel.com` or a team’s address below it.');
  }
  if (aud === undefined) refuse('No audience', 'Without `aud` it is meant for everybody: any receiver could use it against another.');
  if (!isTime(exp)) refuse('No expiry', 'Without a valid `exp` it would be good for ever.');
  else if (isTime(iat) && exp - iat > 86_400) {
    care('Long life', `It lives ${duration(exp - iat, true)}. A stolen copy is good for as long.`);
  }
  if (isTime(nbf) && isTime(exp) && nbf >= exp) refuse('Never valid', '`nbf` is not before `exp`.');
  if (isTime(iat) && iat > now + 5) care('Issued in the future', 'One of the two clocks is wrong: the issuer’s, or this machine’s.');

  const parts = readSubject(claims);
  if (issuer && !parts) {
    refuse('Subject not in Vercel’s form', 'Vercel writes `owner:…:project:…:environment:…`.');
  }
  for (const part of parts ?? []) {
    if (!part.agrees) {
      refuse(
        'The token contradicts itself',
        part.claim === undefined
          ? `The subject names \`${part.value}\` as its ${part.key}, but there is no \`${part.key}\` claim.`
          : `The subject says that the ${part.key} is \`${part.value}\`, the \`${part.key}\` claim says \`${String(part.claim)}\`.`,
      );
    }
  }
  if (parts && scope !== undefined && scope !== sub) care('Scope differs from the subject', 'Vercel writes the same text into both.');
  if (issuer?.mode === 'team' && typeof owner === 'string' && owner !== issuer.team) {
    refuse('Another team’s issuer', `The issuer belongs to \`${issuer.team}\`, the \`owner\` claim says \`${owner}\`.`);
  }
  if (issuer?.mode === 'global') {
    care('Global issuer', 'Every Vercel team’s tokens come from this issuer. A policy that only checks `iss` lets all of them in.');
  }
  if (issuer && claims['project_id'] === undefined) {
    refuse('No project id', 'Only the project’s name is left to decide on, and names can be taken over.');
  }
  return found;
}
