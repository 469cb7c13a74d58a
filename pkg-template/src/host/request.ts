import { invalidOption } from '../core/errors.js';

/** Objects in which a request's headers may be looked up. */
export type RequestLike = Request | Headers | { headers: Headers | HeaderRecord } | HeaderRecord;

/** Headers as plain members, as Node.js has them. */
export type HeaderRecord = Record<string, string | string[] | undefined>;

/** The header in which Vercel hands a function its OIDC token. */
const OIDC_HEADER = 'x-vercel-oidc-token';

/** Throws `ERR_INVALID_OPTION` unless it is a request, its headers, or left out. A promise of one must be awaited first. */
export function assertRequest(request: unknown): void {
  if (request !== undefined && (typeof request !== 'object' || request === null)) {
    throw invalidOption('request', 'must be a request, its headers, or a plain object of headers');
  }
  if (typeof (request as PromiseLike<unknown> | undefined)?.then === 'function') throw invalidOption('request', 'must be awaited first');
}

/** The OIDC token among the headers of a request. */
export function oidcHeader(request: RequestLike): string | undefined {
  return header(request, OIDC_HEADER);
}

/** One header by its lower-case name, from whatever kind of request. */
export function header(request: RequestLike, name: string): string | undefined {
  if (has(request, 'get', 'function')) return (request as Headers).get(name) ?? undefined;
  if (has(request, 'headers', 'object')) return header((request as Request).headers, name);
  for (const [key, value] of Object.entries(request)) {
    if (key.toLowerCase() === name && value !== undefined) return Array.isArray(value) ? value.join(', ') : String(value);
  }
  return undefined;
}

function has(value: object, member: string, type: string): boolean {
  const found = (value as Record<string, unknown>)[member];
  return typeof found === type && found !== null;
}

/** The OIDC token of the request that is being handled, as Vercel's runtimes make it known. */
export function contextToken(): string | undefined {
  type Context = { get?: () => { headers?: HeaderRecord } | undefined };
  const context = (globalThis as Record<symbol, Context | undefined>)[Symbol.for('@vercel/request-context')];
  const headers = context?.get?.()?.headers;
  return headers && oidcHeader(headers);
}
