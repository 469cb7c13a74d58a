// What a policy is generated from and what comes of it.

import type { JwtClaims } from '../verify/types.js';

/** Whom the policy is to let in: whoever has this very token, or Vercel projects by name. */
export type Trusted = TrustedToken | TrustedProjects;

/** The subject of a token. */
export interface TrustedToken {
  /** A compact token or a claims set; it is read and not verified. */
  token: string | JwtClaims;
  /** Default: the token's. */
  audience?: string;
}

/** Each of the projects in each of the environments. */
export interface TrustedProjects {
  /** The team's slug. */
  team: string;
  /** Names of projects. */
  project: string | readonly string[];
  environment: string | readonly string[];
  /** Which of the team's two issuers signs its tokens. Default: `team`. */
  issuerMode?: 'team' | 'global';
  /** Default: `https://vercel.com/<team>`. */
  audience?: string;
  /** The team's id. Google Cloud then asks for it too; AWS and Azure cannot. */
  ownerId?: string;
  /** The one project's id; the same. */
  projectId?: string;
}

/** A role of AWS. */
export type AwsRequest = Trusted & {
  kind: 'aws';
  /** Twelve digits. */
  accountId: string;
  /** Default: `aws`. */
  partition?: 'aws' | 'aws-cn' | 'aws-us-gov';
  /** Default: `vercel-<project>`. */
  roleName?: string;
};

/** A provider of a Google Cloud workload identity pool. */
export type GcpRequest = Trusted & {
  kind: 'gcp';
  /** The digits of the project's number. */
  projectNumber: string;
  /** Default: `vercel`. */
  poolId?: string;
  /** Default: `vercel`. */
  providerId?: string;
  /** The address of a service account that these workloads may act as. */
  serviceAccount?: string;
};

/** Federated credentials of an application of Microsoft Entra. */
export type AzureRequest = Trusted & {
  kind: 'azure';
  /** The application's client id. */
  appId: string;
};

/** What {@link generatePolicy} is asked. */
export type PolicyRequest = AwsRequest | GcpRequest | AzureRequest;

/** A policy in every form in which people set one up. */
export interface GeneratedPolicy {
  readonly kind: PolicyRequest['kind'];
  /** The policy itself, as `simulate` takes it. */
  readonly policy: object;
  readonly outputs: readonly PolicyOutput[];
}

/** One form of a policy. `sst` is there for AWS only. */
export interface PolicyOutput {
  readonly format: 'json' | 'terraform' | 'pulumi' | 'sst' | 'cli';
  readonly language: 'json' | 'hcl' | 'typescript' | 'sh';
  /** The whole text of a file, or of the commands. */
  readonly text: string;
}
