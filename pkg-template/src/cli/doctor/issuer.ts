// Whether an issuer can be reached, and whether its keys can be used. The core decides; this watches what it fetches.

import { CountersignError, type ErrorCode } from '../../core/errors.js';
import { ALGORITHMS } from '../../verify/algorithms.js';
import { type KeyReport, describeKeys } from '../../verify/describe-keys.js';
import type { Algorithm } from '../../verify/types.js';
import { createVerifier } from '../../verify/verifier.js';
import { usageError } from '../errors.js';
import { remedy } from '../remedies.js';
import { printable, show } from '../terminal.js';
import type { Check, Section } from './check.js';
import type { FoundToken } from './credentials.js';

/** Clocks that differ by more than this refuse good tokens. */
const SKEW = { warning: 5, failed: 60 };

/** One answer of the issuer, or its failure. */
interface Answer {
  url: string;
  ms: number;
  status?: number;
  /** How far the server's clock is ahead of this one, in seconds. */
  ahead?: number;
  /** The body, up to the length that the core reads. */
  body?: Promise<string>;
  failure?: string | undefined;
}

export async function examineIssuer(issuer: string, token: FoundToken | undefined, httpHosts: string[] = []): Promise<Section> {
  const answers: Answer[] = [];
  const algorithms = token ? [token.header.alg as Algorithm] : undefined;
  const verifier = makeVerifier(issuer, algorithms, httpHosts, watched(answers));
  let refused: CountersignError | undefined;
  try {
    await verifier.loadKeys();
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error;
    refused = error;
  }
  const [discovery, keys] = answers;
  const checks: Check[] = [];
  // What was refused is the last thing that was fetched.
  if (discovery) checks.push(reachable('discovery', discovery, keys ? undefined : refused));
  if (keys) {
    checks.push(reachable('keys', keys, refused));
    checks.push(...examineKeys(await keys.body?.catch(() => undefined), refused));
  }
  checks.push(...examinePlainHttp(answers));
  if (answers.length === 0 && refused) checks.push({ state: 'failed', name: 'issuer', message: refused.message });
  const ahead = answers.map((answer) => answer.ahead).find((seconds) => seconds !== undefined);
  if (ahead !== undefined) checks.push(examineClock(ahead));
  if (token && !refused) checks.push(examineSignature(verifier, token));
  return { title: `Issuer ${show(issuer)}`, checks };
}

/** The hosts that were asked without TLS, other than this machine. */
function examinePlainHttp(answers: Answer[]): Check[] {
  const plain = answers
    .map(({ url }) => new URL(url))
    .filter(({ protocol, hostname }) => protocol === 'http:' && !/^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname));
  return [...new Set(plain.map(({ hostname }) => hostname))].map((host) => ({
    state: 'warning',
    name: 'plain http',
    message: `${show(host)} is asked without TLS, by \`dangerouslyAllowHttpHosts\``,
    remedy:
      'anyone on the network between can replace the keys, and sign tokens with their own; serve the keys over https where that is possible',
  }));
}

function makeVerifier(issuer: string, algorithms: Algorithm[] | undefined, httpHosts: string[], fetcher: typeof fetch) {
  try {
    return createVerifier({
      issuer,
      audience: null,
      algorithms: algorithms ?? ALGORITHMS,
      dangerouslyAllowHttpHosts: httpHosts,
      fetch: fetcher,
    });
  } catch (error) {
    const known = error instanceof CountersignError && error.code === 'ERR_INVALID_OPTION';
    // The token's own `alg` may be one that is never allowed; the issuer is examined all the same.
    if (known && algorithms) return makeVerifier(issuer, undefined, httpHosts, fetcher);
    throw known ? usageError(error) : error;
  }
}

/** The most that is read of an answer; the core refuses more. */
const LIMIT = 512 * 1024;

/** A fetch that writes down what it sees. */
function watched(answers: Answer[]): typeof fetch {
  return async (input, init) => {
    const begun = Date.now();
    const answer: Answer = { url: String(input), ms: 0 };
    answers.push(answer);
    try {
      const response = await fetch(input, init);
      const ended = Date.now();
      answer.ms = ended - begun;
      answer.status = response.status;
      const date = Date.parse(response.headers.get('date') ?? '');
      // The header counts whole seconds, and was written somewhere between the two looks at the clock.
      if (!Number.isNaN(date)) answer.ahead = (date + 500 - (begun + ended) / 2) / 1000;
      if (response.status !== 200 || Number(response.headers.get('content-length')) > LIMIT) return response;
      const [mine, theirs] = response.body?.tee() ?? [null, null];
      answer.body = readText(mine);
      // The runtime does not allow the request.
      answer.body.catch(() => undefined);
      return new Response(theirs, { status: 200, headers: response.headers });
    } catch (error) {
      answer.ms = Date.now() - begun;
      answer.failure = connectionFault(error);
      throw error;
    }
  };
}

async function readText(stream: ReadableStream<Uint8Array> | null): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = stream?.getReader();
  for (let part = await reader?.read(); part && !part.done && length <= LIMIT; part = await reader?.read()) {
    chunks.push(part.value);
    length += part.value.byteLength;
  }
  await reader?.cancel();
  return Buffer.concat(chunks).toString('utf8');
}

const FAULTS: Record<string, string> = {
  ENOTFOUND: 'its host name is not known to the DNS',
  EAI_AGAIN: 'the DNS does not answer',
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was cut',
  ETIMEDOUT: 'it does not answer',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no network',
  UND_ERR_CONNECT_TIMEOUT: 'it does not answer',
  UND_ERR_SOCKET: 'the connection was cut',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT:
    'its certificate is signed by itself: is there a proxy in between? NODE_EXTRA_CA_CERTS names further authorities',
  SELF_SIGNED_CERT_IN_CHAIN:
    'its certificate comes from an unknown authority: is there a proxy in between? NODE_EXTRA_CA_CERTS names further authorities',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate comes from an unknown authority',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
};

/** Why there was no connection: what Node.js keeps in the cause of the cause. */
function connectionFault(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as NodeJS.ErrnoException;
    if (code !== undefined && Object.hasOwn(FAULTS, code)) return FAULTS[code];
    // Several addresses were tried.
    if (at instanceof AggregateError && at.errors.length > 0) return connectionFault(at.errors[0]);
  }
  return undefined;
}

function reachable(name: string, { url, ms, status, failure }: Answer, refused: CountersignError | undefined): Check {
  const what = `${show(url)}${status === undefined ? '' : ` answers ${status} after ${ms} ms`}`;
  if (!refused) return { state: 'ok', name, message: what };
  return { state: 'failed', name, message: `${what}: ${failure ?? refused.message}`, remedy: remedyFor(refused.code) };
}

/** Here the command that looks at the issuer needs no pointing out. */
const remedyFor = (code: ErrorCode): string =>
  code === 'ERR_DISCOVERY_INVALID'
    ? remedy(code)
    : 'ask whoever runs the issuer, or look at what lies between: a proxy, a firewall, the address';

/** Which keys can be used: also where the set as a whole cannot. */
function examineKeys(body: string | undefined, refused: CountersignError | undefined): Check[] {
  if (body === undefined || (refused && refused.code !== 'ERR_JWKS_INVALID')) return [];
  let keys: KeyReport[];
  try {
    keys = describeKeys(body);
  } catch {
    // Not a key set at all, as the line above says.
    return [];
  }
  return keys.map(({ kid, algorithms, reason }, index) => {
    const name = `key ${index + 1}`;
    const called = kid === undefined ? 'without a name' : `\`${printable(kid)}\``;
    if (reason === undefined) return { state: 'ok', name, message: `${called} for ${algorithms.join(', ')}` };
    return {
      state: 'warning',
      name,
      message: `${called} is skipped: ${reason}`,
      remedy: 'tokens that it signs are refused; the keys beside it are not affected',
    };
  });
}

function examineClock(ahead: number): Check {
  const seconds = Math.abs(ahead);
  const message =
    seconds < 1
      ? 'this clock agrees with the server’s'
      : `this clock is ${seconds.toFixed(0)} s ${ahead > 0 ? 'behind' : 'ahead of'} the server’s`;
  if (seconds <= SKEW.warning) return { state: 'ok', name: 'clock', message };
  return {
    state: seconds > SKEW.failed ? 'failed' : 'warning',
    name: 'clock',
    message,
    remedy: 'set this machine’s clock; until then fresh tokens may count as issued in the future, and expired ones as good',
  };
}

/** Returns whether the token that would be sent is one of this issuer's. For whom it is meant is not judged here. */
function examineSignature(verifier: ReturnType<typeof createVerifier>, { value }: FoundToken): Check {
  try {
    verifier.verifySync(value);
    return { state: 'ok', name: 'signature', message: 'the token is signed by one of these keys' };
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error;
    return { state: 'failed', name: 'signature', message: error.message, remedy: remedy(error.code) };
  }
}
