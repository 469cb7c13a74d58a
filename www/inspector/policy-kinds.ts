import type { KnownIssuer } from 'countersign/explain';
import type { GeneratedPolicy, PolicyQuestion, PolicyRequest } from 'countersign/inspect';
import type { Json } from './reading';

/** The module that simulates and generates; it is loaded after the page. */
export type Inspect = typeof import('countersign/inspect');

export type KindName = 'aws' | 'gcp' | 'azure' | 'verifier';

/** What a policy is set up with, and no token says. */
export type Field = { name: string; label: string; example: string };

export type Kind = { name: KindName; label: string; policy: string; fields: readonly Field[] };

export const KINDS: readonly Kind[] = [
  {
    name: 'aws',
    label: 'AWS',
    policy: 'The role’s trust policy',
    fields: [{ name: 'accountId', label: 'Account', example: '123456789012' }],
  },
  {
    name: 'gcp',
    label: 'Google Cloud',
    policy: 'The workload identity provider',
    fields: [{ name: 'projectNumber', label: 'Project number', example: '123456789012' }],
  },
  {
    name: 'azure',
    label: 'Azure',
    policy: 'The federated credential',
    fields: [{ name: 'appId', label: 'Application', example: '11111111-2222-3333-4444-555555555555' }],
  },
  { name: 'verifier', label: 'Countersign', policy: 'The verifier’s options', fields: [] },
];

export type Token = { token: string; claims: Json; header: Json; issuer: KnownIssuer | undefined };

/** The least wide policy that lets the token in: as text to edit, and in the forms in which people set it up. */
export function leastPolicy(
  inspect: Inspect,
  kind: Kind,
  { token, claims, header, issuer }: Token,
  values: Record<string, string>,
): { text: string; outputs: GeneratedPolicy['outputs'] } {
  if (kind.name === 'verifier') return { text: json(verifierOptions(claims, header, issuer)), outputs: [] };
  const fields = Object.fromEntries(kind.fields.map(({ name, example }) => [name, values[name] || example]));
  const { policy, outputs } = inspect.generatePolicy({ kind: kind.name, token, ...fields } as PolicyRequest);
  return { text: json(policy), outputs };
}

/** What the simulator is asked. Its clock is the page's, so that the answer moves with the time line. */
export function question(kind: Kind, policy: string, { issuer }: Token, now: number): PolicyQuestion {
  const name = kind.name === 'verifier' && isVercel(policy, issuer) ? 'vercel-verifier' : kind.name;
  return { kind: name, policy, now } as PolicyQuestion;
}

/** A policy with `team` is one of `createVercelVerifier`, whoever wrote the token. */
const isVercel = (policy: string, issuer: KnownIssuer | undefined): boolean =>
  /"(team|projectId|issuer)"\s*:/.exec(policy)?.[1] !== 'issuer' && issuer?.name === 'Vercel';

function verifierOptions(claims: Json, header: Json, issuer: KnownIssuer | undefined): object {
  const { iss, aud, project_id: projectId, owner, owner_id: ownerId, environment } = claims;
  if (issuer?.name === 'Vercel') {
    const team = issuer.team ?? owner;
    return {
      team,
      ...(issuer.mode === 'global' && { issuerMode: 'global', ownerId }),
      projectId,
      environment,
      ...(aud !== `https://vercel.com/${String(team)}` && { audience: aud }),
    };
  }
  const typ = header['typ'];
  return {
    issuer: iss,
    audience: Array.isArray(aud) ? aud[0] : aud,
    algorithms: [header['alg']],
    ...(typeof typ === 'string' && typ.toLowerCase() !== 'jwt' && { typ: [typ] }),
  };
}

/** A change to the policy that shows what the simulator says of it. */
export type Variant = { label: string; change: (policy: string) => string };

export function variants(kind: Kind, claims: Json): Variant[] {
  const { environment, project, aud } = claims;
  const found: Variant[] = [];
  if (typeof environment === 'string') {
    const other = environment === 'preview' ? 'production' : 'preview';
    found.push({
      label: `${other} only`,
      change: (policy) =>
        policy
          .replaceAll(`environment:${environment}`, `environment:${other}`)
          .replaceAll(`"environment": "${environment}"`, `"environment": "${other}"`),
    });
  }
  if (kind.name === 'aws' && typeof project === 'string') {
    found.push({
      label: 'any project',
      change: (policy) => policy.replaceAll(`project:${project}:`, 'project:*:').replaceAll('"StringEquals"', '"StringLike"'),
    });
  }
  if (typeof aud === 'string' && kind.name !== 'verifier') {
    found.push({ label: 'another audience', change: (policy) => policy.replaceAll(JSON.stringify(aud), '"https://api.example.com"') });
  }
  return found;
}

const json = (value: object): string => JSON.stringify(value, null, 2);

export const FORMATS: Record<GeneratedPolicy['outputs'][number]['format'], string> = {
  json: 'JSON',
  terraform: 'Terraform',
  pulumi: 'Pulumi',
  sst: 'SST',
  cli: 'Command line',
};
