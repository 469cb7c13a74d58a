// The writer that sets a header in the network policy of a Vercel Sandbox. The SDK is the caller's; what is used of it is its documented interface.

import { invalidOption } from '../core/errors.js';
import type { RefreshWriter } from './all.js';
import { findSandbox, isRunning } from './find-sandbox.js';
import {
  type SandboxPolicy,
  type SandboxPolicyEntryMatcher,
  type SandboxPolicyMatch,
  checkDomain,
  checkHeaders,
  headerValues,
  readMatch,
  readPolicy,
  withCredential,
} from './network-policy.js';
import { knownOptions, optionalFunction } from './options.js';
import { Redactor } from './redactor.js';
import { type RefreshToken, redactedToken } from './token.js';

/** The used part of a `Sandbox` of `@vercel/sandbox` 2.0 or newer. */
export interface SandboxPolicyHandle {
  /** Of the present session, such as `running` or `stopped`. */
  readonly status?: string;
  update(params: { networkPolicy: SandboxPolicy }, options?: { signal?: AbortSignal }): Promise<unknown>;
}

/** Options of {@link createSandboxPolicyWriter}. */
export interface SandboxPolicyWriterOptions<T> {
  /**
   * Returns the sandbox of a target: `({ id }, { signal }) => Sandbox.get({ name: id, resume: false, signal })`. Without `resume: false` a stopped sandbox
   * may be started. Undefined, or an error with status 404, means that it does not exist any more.
   */
  sandbox: (
    target: T,
    context: { readonly signal: AbortSignal },
  ) => SandboxPolicyHandle | undefined | Promise<SandboxPolicyHandle | undefined>;
  /**
   * The whole network policy of the sandbox except for the credential, or a function that returns it. An update replaces all that was set before. Pass
   * your own policy, never `sandbox.networkPolicy`: reading back loses rules and header values.
   */
  policy: SandboxPolicy | ((target: T) => SandboxPolicy | Promise<SandboxPolicy>);
  /** The host whose requests get the headers. Default: `ai-gateway.vercel.sh`. */
  domain?: string;
  /**
   * The headers that carry the token. Default: `authorization` with the scheme `Bearer`, and for `ai-gateway.vercel.sh` the header
   * `ai-gateway-auth-method` that fits the token.
   */
  headers?: (token: RefreshToken, target: T) => Record<string, string>;
  /** Only requests that match get the headers. Default: every request to `domain`. */
  match?: SandboxPolicyMatch | ((target: T) => SandboxPolicyMatch | Promise<SandboxPolicyMatch>);
  /**
   * A text that the program in the sandbox sends where the token belongs, such as its `AI_GATEWAY_API_KEY`. Only requests with it get the headers, so
   * other processes in the sandbox do not. Random, 16 to 256 visible ASCII characters, another one for each sandbox. Default: none.
   */
  placeholder?: (target: T) => string | Promise<string>;
}

const KNOWN = ['sandbox', 'policy', 'domain', 'headers', 'match', 'placeholder'];
const AI_GATEWAY = 'ai-gateway.vercel.sh';
const AUTH_METHOD = 'ai-gateway-auth-method';

/**
 * Sets the token as a header in the network policy of a Vercel Sandbox: the firewall adds it to requests to one domain, outside of the sandbox. The token
 * is never in the sandbox's environment or files, and nothing in the sandbox is restarted.
 *
 * A sandbox that is stopped is not started: it is `not-running`. One that does not exist is `gone`. An update that the service accepts for later sessions
 * only is a failure, and the next run repeats the whole.
 *
 * # Errors
 *
 * `ERR_INVALID_OPTION` for a policy that cannot set the header, or that could keep it from being set: at once where `policy` is an object, else as the
 * failure of that target.
 */
export function createSandboxPolicyWriter<T>(options: SandboxPolicyWriterOptions<T>): RefreshWriter<T> {
  const { sandbox, policy, domain = AI_GATEWAY, headers, match, placeholder } = knownOptions(options, KNOWN);
  if (typeof sandbox !== 'function') throw invalidOption('sandbox', 'must be a function that returns the sandbox of a target');
  optionalFunction('headers', headers);
  optionalFunction('placeholder', placeholder);
  checkDomain(domain);
  const headersOf = headers ?? ((token: RefreshToken) => bearer(token, domain));
  const fixedMatch = match === undefined || typeof match === 'function' ? undefined : readMatch(match);
  const hasMatch = match !== undefined || placeholder !== undefined;
  const fixedPolicy = typeof policy === 'function' ? undefined : readPolicy(policy, domain, hasMatch);

  const policyFor = async (target: T, token: RefreshToken): Promise<SandboxPolicy> => {
    const template = typeof policy === 'function' ? readPolicy(await policy(target), domain, hasMatch) : (fixedPolicy as SandboxPolicy);
    const found = typeof match === 'function' ? readMatch(await match(target)) : fixedMatch;
    const expected = placeholder && checkPlaceholder(await placeholder(target));
    const set = headersOf(token, target);
    const carriers = carriersOf(set, headersOf(redactedToken(expected ?? 'any other token', token.expiresAt), target));
    const all = { ...found, ...(expected !== undefined && { headers: [...(found?.headers ?? []), ...carriers.map(matcherOf)] }) };
    return withCredential(template, { domain, headers: set, match: hasMatch ? all : undefined });
  };

  return async (target, token, { signal }) => {
    const handle = await findSandbox(() => sandbox(target, { signal }));
    if (!handle) return 'gone';
    checkHandle(handle);
    if (!isRunning(handle)) return 'not-running';
    const networkPolicy = await policyFor(target, token);
    try {
      await handle.update({ networkPolicy }, { signal });
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      throw explained(thrown, networkPolicy);
    }
    return;
  };
}

/** The headers that carry the token, as they are with another token in its place: those that differ between the two. Throws if there is none. */
function carriersOf(set: unknown, other: unknown): [name: string, value: string][] {
  checkHeaders(set, 'headers');
  checkHeaders(other, 'headers');
  // It tells the kind of the token, and not every client sends it.
  const carriers = Object.entries(other).filter(([name, value]) => set[name] !== value && name.toLowerCase() !== AUTH_METHOD);
  if (carriers.length === 0) throw invalidOption('headers', 'must return a header that holds the token');
  return carriers;
}

/** Matches one header. Clients differ in the case of names, and whether the firewall ignores it is not documented. */
const matcherOf = ([name, value]: [string, string]): SandboxPolicyEntryMatcher => ({
  key: { regex: `(?i)^${name.replace(/[^\w-]/g, '\\$&')}$` },
  value: { exact: value },
});

function bearer({ value }: RefreshToken, domain: string): Record<string, string> {
  const isJwt = /^[\w-]+\.[\w-]+\.[\w-]+$/.test(value);
  return { authorization: `Bearer ${value}`, ...(domain === AI_GATEWAY && { [AUTH_METHOD]: isJwt ? 'oidc' : 'api-key' }) };
}

function checkPlaceholder(placeholder: unknown): string {
  const isStrong = typeof placeholder === 'string' && /^[\x21-\x7e]{16,256}$/.test(placeholder);
  if (!isStrong) throw invalidOption('placeholder', 'must return 16 to 256 visible ASCII characters, best random ones');
  return placeholder;
}

/** A `Session` has an `update` too, which leaves the policy of later sessions as it is. */
function checkHandle(handle: SandboxPolicyHandle): void {
  if (typeof handle.update !== 'function')
    throw invalidOption('sandbox', 'must return a sandbox with `update()`, of `@vercel/sandbox` 2.0 or newer');
  if ('sessionId' in handle && !('name' in handle)) throw invalidOption('sandbox', 'must return the Sandbox itself, not its session');
}

/** A shorter value is found in any text. */
const LEAST_SECRET = 8;

/** The service's refusal in its own words, without any value of a header. */
function explained(thrown: unknown, networkPolicy: SandboxPolicy): Error {
  const { response, json, text, sessionId } = Object(thrown) as {
    response?: { status?: number };
    json?: { error?: { message?: string } };
    text?: string;
    sessionId?: string;
  };
  const redactor = new Redactor();
  const secrets = headerValues(networkPolicy).flatMap((value) => [value, value.slice(value.indexOf(' ') + 1)]);
  for (const secret of secrets) if (secret.length >= LEAST_SECRET) redactor.add(secret);
  const words = redactor.explain(
    response?.status === undefined ? thrown : `status ${response.status}: ${json?.error?.message ?? text ?? ''}`,
  );
  const state = sessionId === undefined ? 'the policy was not set' : 'the policy is set for later sessions, not for the running one';
  return new Error(`${state}: ${words}`);
}
