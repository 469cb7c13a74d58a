// The questions and the reports of simulations. The reports are generated from the core's structs.

import type * as wasm from '../inspect_bg.js';
import type { VercelVerifierOptions, VerifierOptions } from '../verify/verifier.js';
import type { DeepReadonly } from './readonly.js';

export type { WarningCode } from '../inspect_bg.js';

/** The members that every question may have besides. */
export interface SimulationContext {
  /** Seconds since the epoch at which the token is presented; `null` leaves its times alone. Default: the clock. */
  now?: number | null;
}

/** The trust policy of an AWS IAM role, and the values that AWS would know besides. */
export interface AwsQuestion extends SimulationContext, wasm.AwsContext {
  kind: 'aws';
  /** The policy as JSON text or as an object. Errors in text have the line numbers of its author. */
  policy: string | object;
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

/** The question of {@link simulate}. */
export type PolicyQuestion = AwsQuestion | GcpQuestion | AzureQuestion | ConnectQuestion | VerifierQuestion | VercelVerifierQuestion;

/** The kinds of policy that can be simulated. */
export type PolicyKind = PolicyQuestion['kind'];

/** The decision of a policy about a token, with its reasons. */
export type Simulation = DeepReadonly<wasm.Simulation>;

/** One rule of a policy. It applies where all of its checks are met. */
export type PolicyRule = DeepReadonly<wasm.PolicyRule>;

/** One condition. */
export type PolicyCheck = DeepReadonly<wasm.PolicyCheck>;

/** A finding that does not refuse the token and yet should be known. */
export type PolicyWarning = DeepReadonly<wasm.PolicyWarning>;
