// The body of a delivery.

import { type CountersignError, invalidOption } from '../core/errors.js';
import { refused } from './replay.js';

/** The error for a body beyond the limit, in bytes. */
export const tooLarge = (limit: number): CountersignError => refused('body_too_large', `the body is longer than ${limit} bytes`);

/** Reads the body of a request, up to a limit. The request can still be read afterwards. */
export async function readBody(request: Request, limit: number): Promise<Uint8Array> {
  if (request.bodyUsed) throw invalidOption('request', 'has a body that was read before');
  if (Number(request.headers.get('content-length')) > limit) throw tooLarge(limit);
  const chunks: Uint8Array[] = [];
  let length = 0;
  const copy = request.clone();
  // Firefox has no `Request.body`: there the whole body is read before it is measured.
  const stream = copy.body === undefined ? new Blob([await copy.arrayBuffer()]).stream() : copy.body;
  const reader = stream?.getReader();
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    length += part.value.byteLength;
    if (length > limit) {
      reader?.cancel().catch(() => {});
      throw tooLarge(limit);
    }
    chunks.push(part.value);
  }
  const body = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.byteLength;
  }
  return body;
}
