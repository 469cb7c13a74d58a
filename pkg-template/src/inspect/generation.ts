// The requests of the generator and its policies. Options and policies are generated from the core's structs.

import { invalidOption } from '../core/errors.js';
import { ownOptions, plainData } from '../core/options.js';
import type * as wasm from '../inspect_bg.js';
import type { JwtClaims } from '../verify/types.js';
import { inspectModule } from './module.js';

export type { TrustedProjects } from '../inspect_bg.js';

/** The identities that the policy lets in: the holder of this very token, or Vercel projects by name. */
export type Trusted = TrustedToken | wasm.TrustedProjects;

/** The subject of a token. */
export interface TrustedToken extends Omit<wasm.TrustedToken, 'token'> {
  /** A compact token or a claims set; it is read and not verified. */
  token: string | JwtClaims;
}

/** A role of AWS. */
export type AwsRequest = Trusted & wasm.AwsRole & { kind: 'aws' };

/** A provider of a Google Cloud workload identity pool. */
export type GcpRequest = Trusted & wasm.GcpProvider & { kind: 'gcp' };

/** Federated credentials of an application of Microsoft Entra. */
export type AzureRequest = Trusted & wasm.AzureApplication & { kind: 'azure' };

/** The request of {@link generatePolicy}. */
export type PolicyRequest = AwsRequest | GcpRequest | AzureRequest;

/** A policy in every form in which people set one up. */
export interface GeneratedPolicy extends Readonly<Omit<wasm.GeneratedPolicy, 'outputs'>> {
  /** The files and commands that set it up. */
  readonly outputs: readonly PolicyOutput[];
}

/** One form of a policy. `sst` is there for AWS only. */
export type PolicyOutput = Readonly<wasm.PolicyOutput>;

/** Generates a policy. A claims set crosses as JSON text, in which its numbers stay whole. */
export function generate(request: object): GeneratedPolicy {
  const { token, ...options } = ownOptions(request) as { token?: unknown };
  const plain = plainData(token === undefined ? options : { ...options, token: toText(token, 'token') });
  return inspectModule.call((wasm) => wasm.generate_policy(plain as wasm.PolicyRequest));
}

/**
 * The text of a token or a policy: a string as it is, another value as JSON with the lines that a person would give it. Throws
 * `ERR_INVALID_OPTION` for a value that has no JSON.
 */
export function toText(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  let text: string | undefined;
  try {
    text = JSON.stringify(value, null, 2);
  } catch {
    // A bigint, a value that holds itself, or code of the value that throws.
    throw invalidOption(name, 'must be a string, or an object of plain data');
  }
  return text ?? '';
}
