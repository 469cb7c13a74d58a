import type { Json } from './reading';

export type SubjectPart = { key: 'owner' | 'project' | 'environment'; value: string; claim: unknown; agrees: boolean };

/** `owner:{owner}:project:{project}:environment:{environment}`, taken apart and held against the claims of the same names. */
export function readSubject(claims: Json): SubjectPart[] | undefined {
  if (typeof claims['sub'] !== 'string') return undefined;
  const match = /^owner:([^:]+):project:([^:]+):environment:([^:]+)$/.exec(claims['sub']);
  if (!match) return undefined;
  return (['owner', 'project', 'environment'] as const).map((key, index) => {
    const value = match[index + 1] ?? '';
    return { key, value, claim: claims[key], agrees: claims[key] === value };
  });
}

/** Vercel's issuer, if that is what `iss` is: `global`, or the slug of a team. */
export function vercelIssuer(iss: unknown): { mode: 'global' } | { mode: 'team'; team: string } | undefined {
  if (iss === 'https://oidc.vercel.com') return { mode: 'global' };
  const match = typeof iss === 'string' ? /^https:\/\/oidc\.vercel\.com\/([^/?#]+)$/.exec(iss) : null;
  return match?.[1] === undefined ? undefined : { mode: 'team', team: match[1] };
}
