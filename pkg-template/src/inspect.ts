/**
 * Explains tokens, simulates trust policies, and generates the narrowest ones.
 *
 * For people and build machines: it verifies nothing, and it is a WebAssembly module of its own, so that a request path
 * never loads it.
 *
 * @module
 */

import { invalidOption } from './core/errors.js';
import { ownOptions, plainData } from './core/options.js';
import { clock } from './core/runtime.js';
import { type GeneratedPolicy, type PolicyRequest, generate, toText } from './inspect/generation.js';
import { inspectModule } from './inspect/module.js';
import type { PolicyQuestion, Simulation } from './inspect/simulation.js';
import type { AwsContext, VercelSubject } from './inspect_bg.js';
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

/** The contents of a token or a claims set. Anyone may have written it. */
export interface TokenReading {
  /** The protected header; absent where only claims were given. */
  readonly header?: JwsHeader;
  readonly claims: JwtClaims;
  /** The parts of issuer and subject, where both are Vercel's. */
  readonly vercel?: Readonly<VercelSubject>;
}

/**
 * Reads a compact token or a claims set strictly. **Nothing is verified.**
 *
 * @throws {CountersignError} `ERR_JWS_INVALID` or `ERR_JWT_INVALID` where it is malformed.
 */
export function readToken(token: string | JwtClaims): TokenReading {
  const text = toText(token, 'token');
  const { header, claims, vercel } = inspectModule.call((wasm) => wasm.read_token(text));
  return { ...(header !== undefined && { header: JSON.parse(header) }), claims: JSON.parse(claims), ...(vercel && { vercel }) };
}

/**
 * Explains what a policy decides about a token, condition by condition, with the value wanted, the value found and the fix;
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
  const { kind, policy, now = clock(), ...context } = ownOptions(question);
  if (typeof kind !== 'string') throw invalidOption('kind', 'must be a string');
  const plain = plainData(context) as AwsContext;
  if (now !== null && typeof now !== 'number') throw invalidOption('now', 'must be a number of seconds, or null');
  const texts = [toText(policy, 'policy'), toText(token, 'token')] as const;
  return inspectModule.call((wasm) => wasm.simulate(kind, texts[0], plain, texts[1], now ?? undefined));
}

/**
 * Generates the policy that lets in a token's subject, or some projects of a team, and no other: as the cloud's own
 * JSON, for Terraform, Pulumi and SST, and as commands.
 *
 * ```ts
 * const { outputs } = generatePolicy({ kind: 'aws', accountId: '123456789012', team: 'acme', project: 'site', environment: 'production' });
 * ```
 *
 * @throws {CountersignError} `ERR_INVALID_OPTION` by the option's name, and the errors of {@link readToken}.
 */
export function generatePolicy(request: PolicyRequest): GeneratedPolicy {
  return generate(request);
}
