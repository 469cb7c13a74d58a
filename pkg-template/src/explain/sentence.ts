// The whole token in one sentence.

import type { JwtClaims } from '../verify/types.js';
import { type SubjectPart, readSubject } from './subject.js';
import { escapeHidden } from './words.js';

/** The token in one sentence; text between backticks is a name or a value. When it ends is left to be shown. */
export function sentenceOf(claims: JwtClaims): string {
  const { iss, aud } = claims;
  const says = typeof iss === 'string' ? quote(bare(iss)) : 'Nobody in particular';
  const audiences = (Array.isArray(aud) ? aud : aud === undefined ? [] : [aud]).map((one) => quote(bare(String(one))));
  const listeners =
    audiences.length > 0 ? `, and tells ${new Intl.ListFormat('en').format(audiences)} to believe it` : ', and tells nobody in particular';
  return `${says} says that the caller is ${callerOf(claims)}${listeners}`;
}

function callerOf(claims: JwtClaims): string {
  const { sub } = claims;
  const named = new Map((readSubject(claims) ?? []).map(({ key, value }: SubjectPart) => [key, quote(value)]));
  const part = (key: string): string => named.get(key) ?? '';
  if (named.has('owner')) return `${part('environment')} of ${part('project')}, owned by ${part('owner')}`;
  if (named.has('repository')) {
    const where = named.has('event')
      ? 'for a pull request'
      : named.has('ref')
        ? `for ${part('ref')}`
        : `in the environment ${part('environment')}`;
    return `a workflow of ${part('repository')} ${where}`;
  }
  if (named.has('project_path'))
    return `a job of ${part('project_path')} for the ${named.get('ref_type')?.replaceAll('`', '')} ${part('ref')}`;
  if (named.has('service_account')) return `the service account ${part('service_account')} in the namespace ${part('namespace')}`;
  if (named.has('workspace'))
    return `the ${named.get('run_phase')?.replaceAll('`', '')} phase of the workspace ${part('workspace')} of ${part('organization')}`;
  return typeof sub === 'string' ? quote(sub) : 'not named';
}

const quote = (value: string): string => `\`${escapeHidden(value.replaceAll('`', '’'))}\``;

const bare = (uri: string): string => uri.replace(/^https:\/\//, '').replace(/\/$/, '');
