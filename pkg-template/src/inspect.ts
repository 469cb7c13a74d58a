/**
 * What a token says, which trust policies let it in, and the policy that lets in nothing else.
 *
 * For people and build machines: it verifies nothing, and it is a WebAssembly module of its own, so that a request path
 * never loads it.
 *
 * @module
 */

import type { GeneratedPolicy, PolicyRequest } from './inspect/generation.js';
import { ask } from './inspect/module.js';
import type { PolicyQuestion, Simulation } from './inspect/simulation.js';
import type { JwsHeader, JwtClaims } from './verify/types.js';

export type { PolicyPosition } from './core/errors.js';
export type {
  AwsRequest,
  AzureRequest,
  GcpRequest,
  GeneratedPolicy,
  PolicyOutput,
  PolicyRequest,
  Trusted,
  TrustedProjects,
  TrustedToken,
} from './inspect/generation.js';
export type {
  AwsQuestion,
  AzureQuestion,
  ConnectLinks,
  ConnectQuestion,
  GcpQuestion,
  PolicyCheck,
  PolicyKind,
  PolicyQuestion,
  PolicyRule,
  PolicyWarning,
  Simulation,
  SimulationContext,
  VercelVerifierQuestion,
  VerifierQuestion,
  WarningCode,
} from './inspect/simulation.js';

/** What a token or a claims set says. Anyone may have written it. */
export interface TokenReading {
  /** The protected header; absent where only claims were given. */
  readonly header?: JwsHeader;
  readonly claims: JwtClaims;
  /** What issuer and subject say, where both are Vercel's. */
  readonly vercel?: {
    readonly issuerMode: 'team' | 'global';
    /** The team's slug. */
    readonly owner: string;
    /** The project's name. */
    readonly project: string;
    readonly environment: string;
  };
}

/**
 * Reads a compact token or a claims set strictly. **Nothing is verified.**
 *
 * @throws {CountersignError} `ERR_JWS_INVALID` or `ERR_JWT_INVALID` where it is malformed.
 */
export function readToken(token: string | JwtClaims): TokenReading {
  return ask((wasm) => wasm.read_token(text(token)));
}

/**
 * Says what a policy would make of a token, condition by condition, with the value wanted, the value found and the fix;
 * and who else the policy lets in. The token's signature is not looked at.
 *
 * ```ts
 * const { accepted, summary, rules, warnings } = simulate({ kind: 'aws', policy }, token);
 * ```
 *
 * @throws {CountersignError} `ERR_POLICY_INVALID` with a `position` where the cloud would not take the policy,
 * `ERR_INVALID_OPTION`, and the errors of {@link readToken}.
 */
export function simulate(question: PolicyQuestion, token: string | JwtClaims): Simulation {
  const { kind, policy, now = Date.now() / 1000, ...context } = question;
  return ask((wasm) => wasm.simulate(kind, text(policy), JSON.stringify(context), text(token), now ?? undefined));
}

/**
 * Generates the policy that lets in a token's subject, or some projects of a team, and nobody else: as the cloud's own
 * JSON, for Terraform, Pulumi and SST, and as commands.
 *
 * ```ts
 * const { outputs } = generatePolicy({ kind: 'aws', accountId: '123456789012', team: 'acme', project: 'site', environment: 'production' });
 * ```
 *
 * @throws {CountersignError} `ERR_INVALID_OPTION` by the option's name, and the errors of {@link readToken}.
 */
export function generatePolicy(request: PolicyRequest): GeneratedPolicy {
  return ask((wasm) => wasm.generate_policy(JSON.stringify(request)));
}

/** As the core takes it: text as it is, anything else as JSON with the lines that a person would give it. */
const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value, null, 2) ?? '');
