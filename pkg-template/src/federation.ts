/**
 * Verifies tokens of many issuers, each by the policies that the caller keeps for it.
 *
 * @module
 */

import { CountersignError, type PolicyRefusal, invalidOption } from './core/errors.js';
import { codeOf, issuerHost, observe } from './core/events.js';
import { assertKnown, ownMember, ownOptions } from './core/options.js';
import { dispose } from './core/wasm-module.js';
import { type Bounds, Directory, type LookUp } from './federation/directory.js';
import type { FederationPolicy, Inherited, Member } from './federation/member.js';
import { isUnavailable } from './guard/decide.js';
import { verifyModule } from './verify/module.js';
import type { VerifiedClaims } from './verify/types.js';
import {
  type HostOptions,
  type VerifiedToken,
  type VerifyOptions,
  checkHostOptions,
  checkVerifyOptions,
  decode,
} from './verify/verifier.js';

export type { PolicyRefusal } from './core/errors.js';
export type { FederationPolicy } from './federation/member.js';

/** Options of {@link createFederation}. Unknown members are refused. Times are seconds. */
export interface FederationOptions extends Pick<HostOptions, 'fetch' | 'jwksStore' | 'storeTimeout' | 'onStoreError' | 'onEvent'> {
  /**
   * Looks up the policies of an issuer: one, several in the order in which they are tried, or none.
   *
   * `issuer` is the `iss` of a token that **nobody has verified**: 1 to 512 bytes without control characters. Compare it with the
   * issuers that you know. Never fetch it, and never make it a part of a path, a query or an address.
   */
  policies(
    issuer: string,
    context: { readonly signal: AbortSignal },
  ):
    | FederationPolicy
    | readonly FederationPolicy[]
    | null
    | undefined
    | Promise<FederationPolicy | readonly FederationPolicy[] | null | undefined>;
  /** The number of issuers whose policies are kept, from 1 to 65,536. Default: 256. */
  maxIssuers?: number;
  /** The number of issuers without a policy that are remembered, from 1 to 65,536. Default: 1024. */
  maxUnknownIssuers?: number;
  /** The look-ups in a minute that may find no policy, or fail, from 1 to 1,000,000; as many at once. Default: 600. */
  unknownPerMinute?: number;
  /** How long policies are used before they are looked up again, from 1 to 86,400. Default: 300. */
  ttl?: number;
  /** How long an issuer without a policy is not looked up again, from 1 to 86,400. Default: 60. */
  unknownTtl?: number;
  /** How long a look-up may take, from 0.001 to 60. Default: 5. */
  timeout?: number;
}

/** A verified token, with the policy that it matched. Frozen. */
export interface FederatedToken<Claims = VerifiedClaims> extends VerifiedToken<Claims> {
  /** The name of the policy, or its position among the policies of the issuer. */
  readonly policy: string;
}

/** The result of one policy for a token. */
export type PolicyResult = { readonly policy: string; readonly accepted: true } | ({ readonly accepted: false } & PolicyRefusal);

/** The verdict of every policy of an issuer on a token. */
export interface FederationReport {
  /** The `iss` of the token. It is verified only where a policy has accepted the token. */
  readonly issuer: string;
  /** In the order in which they are tried: `verify` stops at the first that accepts. */
  readonly policies: readonly PolicyResult[];
}

/** Verifies tokens of many issuers. Its functions do not use `this`. */
export interface Federation<Claims = VerifiedClaims> {
  /**
   * Verifies a token by the policies of its issuer, the first that accepts it.
   *
   * Rejects with the error of the first policy where none accepts it; `policies` of the error says why for each. Rejects with
   * `ERR_JWT_CLAIM_VALIDATION_FAILED` for the claim `iss` where the issuer has no policy, and with `ERR_POLICY_UNAVAILABLE` where its
   * policies could not be looked up or all have mistakes. Else as the `verify` of a verifier.
   */
  verify(token: string, options?: VerifyOptions): Promise<FederatedToken<Claims>>;
  /**
   * Says of each policy of the token's issuer whether it accepts the token, or why not. For a person: it tries all of them.
   *
   * Rejects as `verify` does where there is no policy to try.
   */
  explain(token: string, options?: VerifyOptions): Promise<FederationReport>;
  /** Looks up the policies of an issuer that you know and fetches its keys, at start-up. It does not count as a look-up of an unknown issuer. */
  load(issuer: string): Promise<void>;
  /** Forgets the policies of an issuer, or all of them, so that the next token looks them up: after they were changed. */
  forget(issuer?: string): void;
  /** Frees the memory of all verifiers. */
  [Symbol.dispose](): void;
}

const INHERITED = ['fetch', 'jwksStore', 'storeTimeout', 'onStoreError', 'onEvent'] as const;

/** The numbers among the options: default, least and most. */
const NUMBERS = {
  maxIssuers: [256, 1, 65_536],
  maxUnknownIssuers: [1024, 1, 65_536],
  unknownPerMinute: [600, 1, 1_000_000],
  ttl: [300, 1, 86_400],
  unknownTtl: [60, 1, 86_400],
  timeout: [5, 0.001, 60],
} as const;

const COUNTS = ['maxIssuers', 'maxUnknownIssuers'];

/**
 * Makes a federation. Nothing is looked up yet.
 *
 * ```ts
 * const federation = createFederation({ policies: (issuer) => database.policiesOf(issuer) });
 * const { claims, policy } = await federation.verify(token);
 * ```
 *
 * Throws `ERR_INVALID_OPTION`. A mistake in a policy concerns the tokens of its issuer alone, and only where no other policy accepts them.
 */
export function createFederation<Claims = VerifiedClaims>(options: FederationOptions): Federation<Claims> {
  const own = ownOptions(options);
  assertKnown(verifyModule, own, ['policies', ...INHERITED, ...Object.keys(NUMBERS)]);
  if (typeof own.policies !== 'function') throw invalidOption('policies', 'must be a function that looks up policies');
  checkHostOptions(own);
  const { onEvent } = own;
  const inherited: Inherited = Object.fromEntries(INHERITED.filter((name) => own[name] !== undefined).map((name) => [name, own[name]]));
  const directory = new Directory(own.policies as LookUp, readBounds(own), inherited);
  let disposed = false;

  const membersFor = async (issuer: string, limited: boolean): Promise<readonly Member[]> => {
    if (disposed) throw invalidOption('federation', 'was disposed of and cannot be used any more');
    return directory.find(issuer, limited);
  };

  const verify = async (token: string, options: VerifyOptions | undefined, onKnown: (issuer: string) => void) => {
    if (options !== undefined) checkVerifyOptions(options);
    const issuer = readIssuer(token);
    const members = await membersFor(issuer, true);
    onKnown(issuer);
    const errors: CountersignError[] = [];
    for (const member of members) {
      const result = await attempt(member, token, options);
      if (result instanceof CountersignError) {
        errors.push(result);
        continue;
      }
      directory.prove(issuer);
      return Object.freeze({ ...result, policy: member.name }) as FederatedToken<Claims>;
    }
    throw refusalOf(members, errors);
  };

  return {
    verify(token, options) {
      let known: string | undefined;
      return observe(
        onEvent,
        'verified',
        () => verify(token, options, (issuer) => (known = issuer)),
        (outcome) => {
          const { durationMs } = outcome;
          if ('value' in outcome) return { type: 'verified', ...issuerHost(known), policy: outcome.value.policy, durationMs };
          return { type: 'refused', code: codeOf(outcome).code ?? 'ERR_INTERNAL', ...issuerHost(known), durationMs };
        },
      );
    },
    async explain(token, options) {
      if (options !== undefined) checkVerifyOptions(options);
      const issuer = readIssuer(token);
      const members = await membersFor(issuer, true);
      const results = await Promise.all(members.map((member) => attempt(member, token, options)));
      return {
        issuer,
        policies: results.map((result, at) => {
          const member = members[at] as Member;
          return result instanceof CountersignError
            ? { accepted: false, ...refusedBy(member, result) }
            : { policy: member.name, accepted: true };
        }),
      };
    },
    async load(issuer) {
      const members = await membersFor(checkIssuer(issuer), false);
      await Promise.all(members.map((member) => member.use((verifier) => verifier.loadKeys())));
    },
    forget: (issuer) => directory.forget(issuer),
    [dispose]() {
      disposed = true;
      directory.forget();
    },
  };
}

/** Returns the token, or the error of the policy. Throws the caller's own mistakes. */
async function attempt(member: Member, token: string, options: VerifyOptions | undefined): Promise<VerifiedToken | CountersignError> {
  try {
    return await member.use((verifier) => verifier.verify(token, options));
  } catch (thrown) {
    if (thrown instanceof CountersignError && thrown.code !== 'ERR_INVALID_OPTION') return thrown;
    throw thrown;
  }
}

function refusedBy({ name }: Member, { code, message, claim, option }: CountersignError): PolicyRefusal {
  return { policy: name, code, message, ...(claim !== undefined && { claim }), ...(option !== undefined && { option }) };
}

/**
 * The error for a token that no policy accepts. First that of a policy whose keys could not be had, since it may accept the token
 * later; a policy with a mistake counts only where all have one.
 */
function refusalOf(members: readonly Member[], errors: readonly CountersignError[]): CountersignError {
  const usable = errors.filter(({ code }) => code !== 'ERR_POLICY_UNAVAILABLE');
  const chosen = (usable.find(({ code }) => isUnavailable(code)) ?? usable[0] ?? errors[0]) as CountersignError;
  const policies = errors.map((error, at) => refusedBy(members[at] as Member, error));
  return Object.assign(chosen, { policies });
}

/** The most bytes of an issuer. */
const MAX_ISSUER_BYTES = 512;

/** The `iss` of a token that nobody has verified. */
function readIssuer(token: string): string {
  const issuer = ownMember(decode(token).claims, 'iss');
  if (issuer === undefined) throw refusedIssuer('is missing', 'missing');
  if (!isIssuer(issuer)) throw refusedIssuer('has the wrong type or form', 'invalid');
  return issuer;
}

/** A text that can be an issuer: URLs have no control characters. */
const isIssuer = (issuer: unknown): issuer is string =>
  typeof issuer === 'string' &&
  issuer !== '' &&
  issuer.length <= MAX_ISSUER_BYTES &&
  new TextEncoder().encode(issuer).length <= MAX_ISSUER_BYTES &&
  !/\p{Cc}/u.test(issuer);

const refusedIssuer = (problem: string, reason: string): CountersignError =>
  new CountersignError({ code: 'ERR_JWT_CLAIM_VALIDATION_FAILED', message: `claim \`iss\` ${problem}`, claim: 'iss', reason });

function checkIssuer(issuer: unknown): string {
  if (isIssuer(issuer)) return issuer;
  throw invalidOption('issuer', `must be a string of 1 to ${MAX_ISSUER_BYTES} bytes without control characters`);
}

function readBounds(options: FederationOptions): Bounds {
  const read = (name: keyof Bounds): number => {
    const [standard, least, most] = NUMBERS[name];
    const { [name]: value = standard }: { [name in keyof Bounds]?: unknown } = options;
    const whole = COUNTS.includes(name);
    if (typeof value === 'number' && value >= least && value <= most && (!whole || Number.isInteger(value))) return value;
    throw invalidOption(name, `must be a ${whole ? 'whole ' : ''}number from ${least} to ${most}`);
  };
  return Object.fromEntries(Object.keys(NUMBERS).map((name) => [name, read(name as keyof Bounds)])) as unknown as Bounds;
}
