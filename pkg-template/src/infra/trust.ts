// What a cloud is told so that it trusts the deployments of a Vercel project, as plain data for whatever sets it up.

import { generatePolicy } from '../inspect.js';

/** Whom the cloud is to let in. */
export interface TrustOptions {
  /** The team's slug, as in `https://vercel.com/<team>`. */
  team: string;
  /** The project's name, as it stands in the subject of its tokens. */
  project: string | readonly string[];
  /** The environments by name. There is no wildcard: each one is named. */
  environment: string | readonly string[];
  /** Which of the team's two issuers signs its tokens. Default: `team`. */
  issuerMode?: 'team' | 'global';
  /** Default: `https://vercel.com/<team>`. */
  audience?: string;
}

/** Options of {@link awsTrust}. */
export interface AwsTrustOptions extends TrustOptions {
  /** The AWS account, twelve digits. */
  accountId: string;
  /** Default: `aws`. */
  partition?: 'aws' | 'aws-cn' | 'aws-us-gov';
}

/** What AWS is told. */
export interface AwsTrust {
  /** The OIDC provider, `CreateOpenIDConnectProvider` of IAM. An account has one for an issuer. */
  readonly provider: {
    readonly url: string;
    readonly clientIds: readonly string[];
    /**
     * None. AWS checks the certificate of the issuer's keys against its own list of authorities, and asks for thumbprints only
     * where the certificate is from none of them. Vercel's is from a public one.
     */
    readonly thumbprints: readonly string[];
    readonly arn: string;
  };
  /** The role's trust policy. */
  readonly trustPolicy: AwsTrustPolicy;
}

/** A trust policy in IAM's JSON. */
export interface AwsTrustPolicy {
  readonly Version: string;
  readonly Statement: readonly {
    readonly Effect: string;
    readonly Principal: { readonly Federated: string };
    readonly Action: string;
    readonly Condition: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
  }[];
}

/**
 * The OIDC provider and the trust policy with which an AWS role can be taken by these environments of this project, and by
 * nobody else.
 *
 * @throws {CountersignError} `ERR_INVALID_OPTION` for a name or an id that is none.
 */
export function awsTrust(options: AwsTrustOptions): AwsTrust {
  const trustPolicy = generatePolicy({ kind: 'aws', ...options }).policy as AwsTrustPolicy;
  const { Principal, Condition } = trustPolicy.Statement[0] as AwsTrustPolicy['Statement'][number];
  const arn = Principal.Federated;
  // Everything behind `oidc-provider/` is the issuer's URL without its scheme, and the name of the condition keys.
  const issuer = arn.slice(arn.indexOf('/') + 1);
  const audience = Condition['StringEquals']?.[`${issuer}:aud`] as string | readonly string[];
  return {
    provider: { url: `https://${issuer}`, clientIds: [audience].flat(), thumbprints: [], arn },
    trustPolicy,
  };
}
