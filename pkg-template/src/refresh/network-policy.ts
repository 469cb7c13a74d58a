// Network policies of Vercel Sandbox: reading the caller's template strictly, and adding the rule that sets the credential.

import { invalidOption } from '../core/errors.js';
import { assertKnown, isObject, plainJson } from '../core/options.js';
import { credentialsModule } from '../credentials/module.js';

/** Compares a part of a request: with the whole text, its beginning or an RE2 expression. */
export type SandboxPolicyMatcher = { exact?: string } | { startsWith?: string } | { regex?: string };

/** Compares one entry of the query string or of the headers. */
export interface SandboxPolicyEntryMatcher {
  key?: SandboxPolicyMatcher;
  value?: SandboxPolicyMatcher;
}

/** Which requests a rule applies to. All conditions must hold; several methods are alternatives. */
export interface SandboxPolicyMatch {
  path?: SandboxPolicyMatcher;
  method?: string[];
  queryString?: SandboxPolicyEntryMatcher[];
  headers?: SandboxPolicyEntryMatcher[];
}

/** One rule of a domain, as `@vercel/sandbox` defines it: a `match`, and one of `transform`, `forwardURL` and `response`. */
export type SandboxPolicyRule = { match?: SandboxPolicyMatch } & (
  | { transform: { headers?: Record<string, string> }[]; forwardURL?: never; response?: never }
  | { transform?: never; forwardURL: string; response?: never }
  | {
      transform?: never;
      forwardURL?: never;
      response: { statusCode: number; headers?: Record<string, string>; body?: string; contentType?: string };
    }
);

/** A network policy of `@vercel/sandbox` in the form that can set headers: domains with their rules. */
export interface SandboxPolicy {
  /** Domains that may be reached, with their rules. `'*': []` allows every domain. */
  allow?: Record<string, SandboxPolicyRule[]>;
  /** Ranges of addresses in CIDR notation. `allow` bypasses all rules, so only private ranges are accepted there. */
  subnets?: { allow?: string[]; deny?: string[] };
}

/** Headers that the firewall sets for a domain, for requests that match. */
export interface PolicyCredential {
  domain: string;
  headers: Record<string, string>;
  match: SandboxPolicyMatch | undefined;
}

/** The placeholder of header values in a policy that the SDK reads back. */
const REDACTED = '<redacted>';

/**
 * Copies the caller's template and validates it. Refuses what the service cannot take, what would be sent wrong, and what could keep the rule of `domain`
 * from applying, by the path of the member.
 */
export function readPolicy(template: unknown, domain: string, hasMatch: boolean): SandboxPolicy {
  if (template === 'allow-all' || template === 'deny-all') {
    const same = template === 'allow-all' ? "`{ allow: { '*': [] } }`" : '`{ allow: {} }`';
    throw invalidOption('policy', `cannot be \`${template}\`, which sets no header; use ${same}`);
  }
  if (!isObject(template)) throw invalidOption('policy', 'must be an object such as `{ allow: { "*": [] } }`');
  const policy = copyOf(template, 'policy') as SandboxPolicy;
  known(policy, ['allow', 'subnets'], 'policy');
  const { allow = {}, subnets = {} } = policy;
  if (!isObject(allow)) throw invalidOption('policy.allow', "must be an object, `{ 'example.com': [] }`: a list sets no header");
  for (const [pattern, rules] of Object.entries(allow)) {
    const path = `policy.allow['${pattern.slice(0, 80)}']`;
    if (!isPattern(pattern)) throw invalidOption(path, 'must be a host name, or have `*` as a whole label');
    if (!Array.isArray(rules)) throw invalidOption(path, 'must be an array of rules');
    if (pattern !== domain && covers(pattern, domain)) refuseCover(pattern, rules, domain, path);
    rules.forEach((rule, index) => checkRule(rule, `${path}[${index}]`));
  }
  checkOrder(allow[domain] ?? [], `policy.allow['${domain}']`, hasMatch);
  checkSubnets(subnets);
  return policy;
}

/** Adds the rule that sets the headers: behind the rules that the template has for the domain, before a last one that takes every request. */
export function withCredential(policy: SandboxPolicy, { domain, headers, match }: PolicyCredential): SandboxPolicy {
  const { [domain]: rules = [], ...others } = policy.allow ?? {};
  const rule: SandboxPolicyRule = { ...(match && { match }), transform: [{ headers }] };
  const last = rules.at(-1);
  const own = last && takesAll(last.match) ? [...rules.slice(0, -1), rule, last] : [...rules, rule];
  return { ...policy, allow: { [domain]: own, ...others } };
}

/** The values of all headers that a policy sets. */
export const headerValues = (policy: SandboxPolicy): string[] =>
  Object.values(policy.allow ?? {}).flatMap((rules) =>
    rules.flatMap(({ transform = [] }) => transform.flatMap(({ headers = {} }) => Object.values(headers))),
  );

/** Throws unless it is a plain host name, in lower case. */
export function checkDomain(domain: unknown): asserts domain is string {
  const isHost = typeof domain === 'string' && isPattern(domain) && !domain.includes('*') && /\.[a-z][a-z0-9-]*$/.test(domain);
  if (!isHost) throw invalidOption('domain', 'must be a host name in lower case, such as `ai-gateway.vercel.sh`');
}

/** Copies and validates a match. Throws `ERR_INVALID_OPTION` for `match` or the member that is wrong. */
export function readMatch(match: unknown, path = 'match'): SandboxPolicyMatch {
  if (!isObject(match)) throw invalidOption(path, 'must be an object such as `{ path: { startsWith: "/v4/" } }`');
  const copy = copyOf(match, path) as SandboxPolicyMatch;
  checkMatch(copy, path);
  return copy;
}

/** Throws unless it is headers that can be sent. No value is in the message. */
export function checkHeaders(headers: unknown, path: string): asserts headers is Record<string, string> {
  if (!isObject(headers)) throw invalidOption(path, 'must be an object of header names and values');
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) throw invalidOption(path, 'must have names that are valid in HTTP');
    const at = `${path}.${name}`;
    if (typeof value !== 'string') throw invalidOption(at, 'must be a string');
    if (/[\r\n\0]/.test(value)) throw invalidOption(at, 'must not contain a line break or NUL');
    if (value.includes(REDACTED)) throw invalidOption(at, 'was read back from a sandbox and is redacted; pass your own policy');
  }
}

const LABEL = /^(\*|[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)$/;

/** A host name in lower case, any label of which may be `*`. */
const isPattern = (text: string): boolean => text.length <= 253 && text.split('.').every((label) => LABEL.test(label));

/** Returns whether a pattern may match the host: `*` stands for one or more labels. More than one in the middle is the careful reading. */
function covers(pattern: string, host: string): boolean {
  const expression = pattern
    .split('.')
    .map((label) => (label === '*' ? '.+' : label))
    .join('\\.');
  return new RegExp(`^${expression}$`).test(host);
}

/** Which of two patterns wins is not documented. Beside a host, `'*': []` is: it allows the rest and sets nothing. */
function refuseCover(pattern: string, rules: unknown[], domain: string, path: string): void {
  if (pattern !== '*') throw invalidOption(path, `also covers \`${domain}\`, and may win; name the hosts instead`);
  if (rules.length > 0) throw invalidOption(path, `must be \`[]\`: its rules may win over those of \`${domain}\``);
}

function checkRule(rule: unknown, path: string): void {
  known(rule, ['match', 'transform', 'forwardURL', 'response'], path);
  const { match, transform, forwardURL, response } = rule as Record<string, unknown>;
  if (match !== undefined) checkMatch(match, `${path}.match`);
  if ([transform, forwardURL, response].filter((action) => action !== undefined).length !== 1) {
    throw invalidOption(path, 'must have exactly one of `transform`, `forwardURL` and `response`');
  }
  if (transform !== undefined) checkTransform(transform, `${path}.transform`);
  if (forwardURL !== undefined && !isForwardUrl(forwardURL))
    throw invalidOption(`${path}.forwardURL`, 'must be an https URL without query and fragment');
  if (response !== undefined) checkResponse(response, `${path}.response`);
}

function checkTransform(transform: unknown, path: string): void {
  if (!Array.isArray(transform)) throw invalidOption(path, 'must be an array such as `[{ headers: {} }]`');
  transform.forEach((step, index) => {
    known(step, ['headers'], `${path}[${index}]`);
    if (step.headers !== undefined) checkHeaders(step.headers, `${path}[${index}].headers`);
  });
}

function isForwardUrl(url: unknown): boolean {
  if (typeof url !== 'string' || !URL.canParse(url)) return false;
  return new URL(url).protocol === 'https:' && !/[?#]/.test(url);
}

function checkResponse(response: unknown, path: string): void {
  known(response, ['statusCode', 'headers', 'body', 'contentType'], path);
  const { statusCode, headers } = response as { statusCode?: unknown; headers?: unknown };
  if (!Number.isInteger(statusCode) || (statusCode as number) < 200 || (statusCode as number) > 599) {
    throw invalidOption(`${path}.statusCode`, 'must be a whole number from 200 to 599');
  }
  if (headers !== undefined) checkHeaders(headers, `${path}.headers`);
}

function checkMatch(match: unknown, path: string): void {
  known(match, ['path', 'method', 'queryString', 'headers'], path);
  const { method, queryString, headers, path: requestPath } = match as Record<string, unknown>;
  if (requestPath !== undefined) checkMatcher(requestPath, `${path}.path`);
  if (method !== undefined && !(Array.isArray(method) && method.every((name) => typeof name === 'string'))) {
    throw invalidOption(`${path}.method`, 'must be an array of methods');
  }
  for (const [name, entries] of Object.entries({ queryString, headers })) {
    if (entries === undefined) continue;
    if (!Array.isArray(entries)) throw invalidOption(`${path}.${name}`, 'must be an array such as `[{ key, value }]`');
    entries.forEach((entry, index) => {
      const at = `${path}.${name}[${index}]`;
      known(entry, ['key', 'value'], at);
      for (const part of ['key', 'value']) if (entry[part] !== undefined) checkMatcher(entry[part], `${at}.${part}`);
    });
  }
}

function checkMatcher(matcher: unknown, path: string): void {
  known(matcher, ['exact', 'startsWith', 'regex'], path);
  const values = Object.values(matcher as object);
  if (values.length !== 1 || typeof values[0] !== 'string') throw invalidOption(path, 'must have one of `exact`, `startsWith` and `regex`');
}

/** The first rule that matches a request is the only one that applies to it. */
function checkOrder(rules: SandboxPolicyRule[], path: string, hasMatch: boolean): void {
  const first = rules.findIndex(({ match }) => takesAll(match));
  if (first === -1) return;
  if (!hasMatch) throw invalidOption(`${path}[${first}]`, 'takes every request, so none would get the header; give it a `match`');
  if (first < rules.length - 1) throw invalidOption(`${path}[${first}]`, 'takes every request, so no later rule applies; put it last');
}

/** Returns whether a rule with this match takes every request. Expressions are not interpreted beyond the usual ones. */
function takesAll(match: SandboxPolicyMatch | undefined): boolean {
  const { path, method = [], queryString = [], headers = [] } = match ?? {};
  const { startsWith, regex } = (path ?? { startsWith: '' }) as { startsWith?: string; regex?: string };
  const everyPath =
    startsWith === '' ||
    startsWith === '/' ||
    (regex !== undefined && /^\^?\/?(\.\*)?\$?$/.test(regex) && regex !== '^$' && regex !== '^/$');
  const conditions = [...queryString, ...headers].filter(({ key, value }) => key ?? value);
  return everyPath && method.length === 0 && conditions.length === 0;
}

function checkSubnets(subnets: unknown): void {
  known(subnets, ['allow', 'deny'], 'policy.subnets');
  for (const [name, ranges] of Object.entries(subnets as object)) {
    const path = `policy.subnets.${name}`;
    if (!Array.isArray(ranges) || !ranges.every((range) => typeof range === 'string'))
      throw invalidOption(path, 'must be an array of ranges in CIDR notation');
    // The addresses of the domain are not known here, and may change.
    if (name === 'allow' && !ranges.every(isPrivateRange))
      throw invalidOption(path, 'must hold private ranges only: others may bypass the header');
  }
}

/** First bits of private addresses (RFC 1918, RFC 6598, RFC 3927, RFC 4193, RFC 4291). */
const PRIVATE_V4: readonly [number, number][] = [
  [0x0a000000, 8],
  [0xac100000, 12],
  [0xc0a80000, 16],
  [0x64400000, 10],
  [0xa9fe0000, 16],
];

/** Returns whether the whole range is private. */
function isPrivateRange(range: string): boolean {
  const [address = '', bits, ...more] = range.split('/');
  if (more.length > 0 || (bits !== undefined && !/^\d{1,3}$/.test(bits))) return false;
  const length = Number(bits ?? 128);
  if (/^f[cd][0-9a-f]{2}:[0-9a-f:]*$/i.test(address)) return length >= 7 && length <= 128;
  if (/^fe[89ab][0-9a-f]:[0-9a-f:]*$/i.test(address)) return length >= 10 && length <= 128;
  const bytes = address.split('.');
  if (bytes.length !== 4 || !bytes.every((byte) => /^(0|[1-9]\d{0,2})$/.test(byte) && Number(byte) < 256)) return false;
  const number = bytes.reduce((sum, byte) => sum * 256 + Number(byte), 0);
  const v4Length = Number(bits ?? 32);
  return (
    v4Length <= 32 &&
    PRIVATE_V4.some(([start, least]) => v4Length >= least && Math.floor(number / 2 ** (32 - least)) === start / 2 ** (32 - least))
  );
}

/** A copy of plain data whose objects have no prototype: what lies on a polluted `Object.prototype` is not part of a rule. */
const copyOf = (value: object, path: string): unknown =>
  JSON.parse(plainJson(value, path), (_, member) => (isObject(member) ? Object.assign(Object.create(null), member) : member));

/** Throws `ERR_INVALID_OPTION` for anything but an object with these members. */
function known(value: unknown, members: readonly string[], path: string): void {
  if (!isObject(value)) throw invalidOption(path, 'must be an object');
  assertKnown(credentialsModule, value, members, path);
}
