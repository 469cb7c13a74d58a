// The subject taken apart, by the grammar of its issuer.

import type { JwtClaims } from '../verify/types.js';
import { knownIssuer } from './issuers.js';

/** One part of a subject. */
export interface SubjectPart {
  /** The name of the part: `owner`, `project`, `ref` … */
  readonly key: string;
  readonly value: string;
  /** The claim that must say the same, where there is one. */
  readonly claim?: string;
  /** Whether it does; undefined where no claim repeats this part. */
  readonly agrees?: boolean;
}

/** A grammar of subjects: how its texts are recognised, and which claims repeat its parts. */
interface Grammar {
  pattern: RegExp;
  /** The claims that repeat a part, by the part's name. */
  claims?: Record<string, string>;
}

const VERCEL: Grammar = {
  pattern: /^owner:(?<owner>[^:]+):project:(?<project>[^:]+):environment:(?<environment>[^:]+)$/,
  claims: { owner: 'owner', project: 'project', environment: 'environment' },
};

const GITHUB: Grammar[] = [
  {
    pattern: /^repo:(?<repository>[^:]+):environment:(?<environment>.+)$/,
    claims: { repository: 'repository', environment: 'environment' },
  },
  { pattern: /^repo:(?<repository>[^:]+):ref:(?<ref>.+)$/, claims: { repository: 'repository', ref: 'ref' } },
  { pattern: /^repo:(?<repository>[^:]+):(?<event>pull_request)$/, claims: { repository: 'repository', event: 'event_name' } },
];

const GRAMMARS: Record<string, Grammar[]> = {
  Vercel: [VERCEL],
  'GitHub Actions': GITHUB,
  GitLab: [
    {
      pattern: /^project_path:(?<project_path>[^:]+):ref_type:(?<ref_type>[^:]+):ref:(?<ref>.+)$/,
      claims: { project_path: 'project_path', ref_type: 'ref_type', ref: 'ref' },
    },
  ],
  Kubernetes: [{ pattern: /^system:serviceaccount:(?<namespace>[^:]+):(?<service_account>[^:]+)$/ }],
  'HCP Terraform': [
    {
      pattern:
        /^organization:(?<organization>[^:]+):project:(?<project>[^:]+):workspace:(?<workspace>[^:]+):run_phase:(?<run_phase>[^:]+)$/,
      claims: {
        organization: 'terraform_organization_name',
        project: 'terraform_project_name',
        workspace: 'terraform_workspace_name',
        run_phase: 'terraform_run_phase',
      },
    },
  ],
};

/** The parts of `sub`, each held against the claim that repeats it; undefined where its form is not a known one. */
export function readSubject(claims: JwtClaims): SubjectPart[] | undefined {
  const { iss, sub } = claims;
  if (typeof sub !== 'string') return undefined;
  const name = knownIssuer(iss, sub)?.name;
  // A subject of Vercel's form is taken apart for every issuer: test issuers and proxies have names of their own.
  const grammars = [...((name !== undefined && GRAMMARS[name]) || []), VERCEL];
  for (const { pattern, claims: repeated = {} } of grammars) {
    const groups = pattern.exec(sub)?.groups;
    if (groups) return Object.entries(groups).map(([key, value]) => part(key, value, repeated[key], claims));
  }
  return undefined;
}

function part(key: string, value: string, claim: string | undefined, claims: JwtClaims): SubjectPart {
  return claim === undefined ? { key, value } : { key, value, claim, agrees: claims[claim] === value };
}
