// Trust documents, by which a cloud trusts the deployments of a Vercel project: plain data for the tool that sets it up.

import { ownOptions } from '../core/options.js';
import { generate as generatePolicy } from '../inspect/generation.js';
import type { AwsRole, AzureApplication, GcpProvider, TrustedProjects } from '../inspect_bg.js';

/** The projects and environments that the cloud lets in. */
export type TrustOptions = Omit<TrustedProjects, 'ownerId' | 'projectId'>;

/** Options of {@link awsTrust}. */
export interface AwsTrustOptions extends TrustOptions, Omit<AwsRole, 'roleName'> {}

/** The settings of AWS. */
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
 * no other.
 *
 * @throws {CountersignError} `ERR_INVALID_OPTION` for a name or an id that is none.
 */
export function awsTrust(options: AwsTrustOptions): AwsTrust {
  const trustPolicy = generate<AwsTrustPolicy>('aws', options);
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

/** Options of {@link gcpTrust}. */
export interface GcpTrustOptions extends TrustedProjects, Omit<GcpProvider, 'serviceAccount'> {}

/** The settings of Google Cloud. */
export interface GcpTrust {
  readonly pool: {
    readonly id: string;
    /** Its resource name. */
    readonly name: string;
  };
  /** The provider, as IAM's REST API and `gcloud … providers describe` have it. */
  readonly provider: {
    readonly name: string;
    readonly attributeMapping: Readonly<Record<string, string>>;
    readonly attributeCondition: string;
    readonly oidc: { readonly issuerUri: string; readonly allowedAudiences: readonly string[] };
  };
  /** The `audience` of `gcpAccessToken` in `countersign/gcp`. */
  readonly audience: string;
  /** All identities that the provider lets in, for a binding such as `roles/iam.workloadIdentityUser` on a service account. */
  readonly principalSet: string;
}

/**
 * The workload identity pool and the provider that let in these environments of this project, and no other.
 *
 * @throws {CountersignError} `ERR_INVALID_OPTION` for a name or an id that is none, or a subject of more than 127 bytes.
 */
export function gcpTrust(options: GcpTrustOptions): GcpTrust {
  const provider = generate<GcpTrust['provider']>('gcp', options);
  const name = provider.name.slice(0, provider.name.indexOf('/providers/'));
  return {
    pool: { id: name.slice(name.lastIndexOf('/') + 1), name },
    provider,
    audience: `//iam.googleapis.com/${provider.name}`,
    principalSet: `principalSet://iam.googleapis.com/${name}/*`,
  };
}

/** Options of {@link azureTrust}. */
export interface AzureTrustOptions extends TrustOptions, AzureApplication {}

/** A federated identity credential of an application, as Microsoft Graph has it. */
export interface AzureFederatedCredential {
  readonly name: string;
  readonly issuer: string;
  readonly subject: string;
  readonly audiences: readonly string[];
}

/**
 * The federated credentials that let in these environments of this project, and no other: one for each, since Entra
 * compares a subject as a whole.
 *
 * @throws {CountersignError} `ERR_INVALID_OPTION` for a name or an id that is none, or more than 20 subjects.
 */
export function azureTrust(options: AzureTrustOptions): readonly AzureFederatedCredential[] {
  return generate('azure', options);
}

/** The policy that `generatePolicy` of `countersign/inspect` makes: there is one generator. */
function generate<T>(kind: string, options: TrustOptions): T {
  return generatePolicy({ ...ownOptions(options), kind }).policy as T;
}
