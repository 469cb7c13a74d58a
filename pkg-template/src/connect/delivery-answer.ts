// The answers to deliveries that are not handled.

import { CountersignError } from '../core/errors.js';
import { isUnavailable, toResponse } from '../guard/decide.js';

/** The reason for not handling a delivery. It holds no part of the token or the body. */
export interface ConnectRefusal {
  /** The HTTP status. Vercel Connect repeats a delivery after 503, and not after the others. */
  readonly status: 401 | 405 | 413 | 503;
  readonly error: 'unauthorized' | 'invalid_token' | 'method_not_allowed' | 'body_too_large' | 'temporarily_unavailable';
  /** The sentence of the response. */
  readonly description: string;
  /** The error, but for a method that is not POST. `cause.reason` tells `replayed` and `other_body` apart. */
  readonly cause?: CountersignError;
}

/** The refusal for another method than POST. */
export const NOT_POST: ConnectRefusal = { status: 405, error: 'method_not_allowed', description: 'deliveries are sent with POST' };

/** Returns whether an error says nothing about the delivery. */
export const isOutage = ({ code, retryable }: CountersignError): boolean =>
  isUnavailable(code) || (code === 'ERR_DELIVERY_REFUSED' && retryable);

/** The refusal for an error of the check. Rethrows errors of the caller. */
export function refusalOf(thrown: unknown): ConnectRefusal {
  if (!(thrown instanceof CountersignError) || thrown.code === 'ERR_INVALID_OPTION') throw thrown;
  const { message: description, reason } = thrown;
  const as = (status: ConnectRefusal['status'], error: ConnectRefusal['error']) => ({ status, error, description, cause: thrown });
  if (isOutage(thrown)) return as(503, 'temporarily_unavailable');
  if (reason === 'body_too_large') return as(413, 'body_too_large');
  return as(401, reason === 'token_missing' ? 'unauthorized' : 'invalid_token');
}

/** The seconds after which a delivery may be repeated: no less than the cooldown of the issuer's keys. */
const RETRY_AFTER = '5';

/** The response of a refusal. Its text never holds any part of a token. */
export function responseOf(refusal: ConnectRefusal): Response {
  const { status, error, description, cause } = refusal;
  const more = {
    401: { 'www-authenticate': error === 'unauthorized' ? 'Bearer' : `Bearer error="${error}"` },
    405: { allow: 'POST' },
    413: {},
    503: { 'retry-after': RETRY_AFTER },
  }[status];
  const headers = { 'cache-control': 'no-store', 'content-type': 'application/json', ...more };
  return toResponse({ status, headers, body: JSON.stringify({ error, error_description: description, code: cause?.code }) });
}
