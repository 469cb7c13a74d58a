// What a simulation is asked and what it answers.

import type { PolicyPosition } from '../core/errors.js';
import type { VercelVerifierOptions, VerifierOptions } from '../verify/verifier.js';

/** What every question may have besides. */
export interface SimulationContext {
  /** Seconds since the epoch at which the token is presented; `null` leaves its times alone. Default: the clock. */
  now?: number | null;
}

/** The trust policy of an AWS IAM role, and what AWS would know besides. */
export interface AwsQuestion extends SimulationContext {
  kind: 'aws';
  /** The policy as JSON text or as an object. Text has line numbers for what is wrong with it. */
  policy: string | object;
  /** The client ids of the identity provider. Default: not looked at. */
  clientIds?: readonly string[];
  /** Values of condition keys that only the call would have, such as `aws:SourceIp` or `sts:RoleSessionName`. */
  context?: Readonly<Record<string, string | readonly string[]>>;
}

/** A provider of a Google Cloud workload identity pool. */
export interface GcpQuestion extends SimulationContext {
  kind: 'gcp';
  /** As `gcloud iam workload-identity-pools providers describe --format=json` prints it: JSON text, or an object. */
  policy: string | object;
}

/** Federated credentials of Microsoft Entra. */
export interface AzureQuestion extends SimulationContext {
  kind: 'azure';
  /** One or several, as `az ad app federated-credential list` prints them: JSON text, or an object. */
  policy: string | object;
}

/** The links of a connector of Vercel Connect. */
export interface ConnectQuestion extends SimulationContext {
  kind: 'connect';
  policy: string | ConnectLinks;
}

/** Which projects may use a connector, and in which environments. */
export interface ConnectLinks {
  /** The id of the team that the connector belongs to. */
  ownerId?: string;
  links: readonly { projectId: string; environments: readonly string[] }[];
}

/** Options of `createVerifier`. Keys play no part. */
export interface VerifierQuestion extends SimulationContext {
  kind: 'verifier';
  policy: string | VerifierOptions;
}

/** Options of `createVercelVerifier`. Keys play no part. */
export interface VercelVerifierQuestion extends SimulationContext {
  kind: 'vercel-verifier';
  policy: string | VercelVerifierOptions;
}

/** What {@link simulate} is asked. */
export type PolicyQuestion = AwsQuestion | GcpQuestion | AzureQuestion | ConnectQuestion | VerifierQuestion | VercelVerifierQuestion;

/** The kinds of policy that can be simulated. */
export type PolicyKind = PolicyQuestion['kind'];

/** What a policy would make of a token. */
export interface Simulation {
  readonly kind: PolicyKind;
  /** Whether the token certainly gets in. */
  readonly accepted: boolean;
  /** The same, with what neither token nor context says told apart. */
  readonly decision: 'accepted' | 'refused' | 'undecided';
  /** The reason, in a sentence. */
  readonly summary: string;
  /** What is checked of every token, whatever the rules say. */
  readonly checks: readonly PolicyCheck[];
  /** The statements, credentials or links of the policy, in its order. */
  readonly rules: readonly PolicyRule[];
  /** Who else would get in, and what is likely to be a mistake. */
  readonly warnings: readonly PolicyWarning[];
}

/** One rule of a policy. It applies where all of its checks are met. */
export interface PolicyRule {
  readonly name: string;
  /** A rule that allows lets in, unless one applies that denies. */
  readonly effect: 'allow' | 'deny';
  /** `null`: not known here. */
  readonly applies: boolean | null;
  readonly checks: readonly PolicyCheck[];
  readonly position?: PolicyPosition;
}

/** One condition. */
export interface PolicyCheck {
  /** What is checked, in words. */
  readonly what: string;
  /** The values of which one is wanted. */
  readonly wanted: readonly string[];
  /** What the token has there; `null` for nothing. */
  readonly found: readonly string[] | null;
  /** `null`: not known here. */
  readonly passed: boolean | null;
  /** How to have it met, if it is not. */
  readonly fix?: string;
  readonly position?: PolicyPosition;
}

/** Something that is no reason to refuse and yet should be known. */
export interface PolicyWarning {
  readonly code: WarningCode;
  readonly message: string;
  readonly position?: PolicyPosition;
}

/**
 * Who else gets in (`other-…`, `preview`, `development`, `production`; each was tried, with the token of a stranger), or
 * what is likely to be a mistake.
 */
export type WarningCode =
  | 'other-team'
  | 'other-project'
  | 'other-environment'
  | 'other-subject'
  | 'other-audience'
  | 'preview'
  | 'development'
  | 'production'
  | 'any-principal'
  | 'not-principal'
  | 'unknown-key'
  | 'holds-when-absent'
  | 'several-values'
  | 'no-variables';
