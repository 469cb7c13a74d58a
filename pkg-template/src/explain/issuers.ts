// The issuer of a token, as far as its `iss` says: it decides which words fit the other claims.

/** A well-known issuer. Recognised by the text of `iss` alone, which proves nothing. */
export interface KnownIssuer {
  readonly name: 'Vercel' | 'GitHub Actions' | 'GitLab' | 'Google' | 'Microsoft Entra' | 'Kubernetes' | 'HCP Terraform';
  /** Of Vercel: an issuer of one team, or the one that all teams share. */
  readonly mode?: 'team' | 'global';
  /** Of Vercel in team mode: the team's slug. */
  readonly team?: string;
}

/** The issuer that `iss` names, if it is a well-known one. */
export function knownIssuer(iss: unknown, sub: unknown): KnownIssuer | undefined {
  if (typeof iss !== 'string') return undefined;
  if (iss === 'https://oidc.vercel.com') return { name: 'Vercel', mode: 'global' };
  const team = /^https:\/\/oidc\.vercel\.com\/([^/?#]+)$/.exec(iss)?.[1];
  if (team !== undefined) return { name: 'Vercel', mode: 'team', team };
  // GitHub Enterprise Cloud appends the enterprise's slug.
  if (/^https:\/\/token\.actions\.githubusercontent\.com(\/[^/?#]+)?$/.test(iss)) return { name: 'GitHub Actions' };
  if (iss === 'https://gitlab.com') return { name: 'GitLab' };
  if (iss === 'https://accounts.google.com') return { name: 'Google' };
  if (/^https:\/\/(login\.microsoftonline\.com|sts\.windows\.net)\//.test(iss)) return { name: 'Microsoft Entra' };
  if (iss === 'https://app.terraform.io') return { name: 'HCP Terraform' };
  // Every cluster has an issuer of its own; only the subject has the same form everywhere.
  if (typeof sub === 'string' && /^system:serviceaccount:[^:]+:[^:]+$/.test(sub)) return { name: 'Kubernetes' };
  return undefined;
}
