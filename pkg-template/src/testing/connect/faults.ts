// Faults on demand.

import { Refusal } from './requests.js';

/** A fault of a request. Without a status the request is carried out all the same. */
export interface TestConnectFault {
  /** Answers with this status and does nothing. */
  status?: number;
  /** The code of that answer. Default: one that goes with the status. */
  code?: string;
  /** The header `Retry-After` of that answer, in seconds. */
  retryAfter?: number;
  /** Answers that many milliseconds later. */
  delayMs?: number;
  /** Breaks the connection in the middle of the answer. */
  cut?: boolean;
}

/** Carries a request out under the fault that is due, if any. */
export async function undergo(fault: TestConnectFault | undefined, request: Request, carryOut: () => Promise<Response>): Promise<Response> {
  if (!fault) return carryOut();
  const { status, code = status === 429 ? 'rate_limited' : 'internal_server_error', retryAfter, delayMs, cut } = fault;
  if (delayMs !== undefined) await late(delayMs, request.signal);
  const refused = () => {
    const response = refuse(new Refusal(status as number, code, 'a fault that the test asked for'));
    if (retryAfter !== undefined) response.headers.set('retry-after', String(retryAfter));
    return response;
  };
  const response = status === undefined ? await carryOut() : refused();
  return cut ? broken(response) : response;
}

/** A refusal as it is answered. */
export function refuse({ status, code, message }: Refusal): Response {
  return Response.json({ error: { code, message } }, { status });
}

function late(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
  });
}

/** The same answer, of which only the first half arrives. */
async function broken(response: Response): Promise<Response> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(bytes.slice(0, bytes.length / 2)),
    pull: (controller) => controller.error(new TypeError('the connection was cut, as the test asked for')),
  });
  return new Response(body, response);
}
