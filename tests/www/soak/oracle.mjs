// Judges responses. What must come is known beforehand; what may come instead depends on the faults of that time.

/** Milliseconds by which a response of a fault may come after its end: a request in flight, a busy machine. */
const SLACK = 2000;
/** The longest back-off, in milliseconds (docs/limits.md). */
const BACK_OFF = 30_000;
/** The time between two look-ups of unknown keys, in milliseconds (docs/limits.md). */
const COOLDOWN = 5000;

const KEY_CODES = ['ERR_JWKS_NOT_LOADED', 'ERR_JWKS_TIMEOUT', 'ERR_JWKS_FETCH_FAILED', 'ERR_JWKS_INVALID'];

/**
 * Keeps the faults and what is known of the app, and judges each response by it. Times are milliseconds of one clock.
 *
 * | instead of the expected response | where |
 * |---|---|
 * | 503 with a code of the keys | the route has not accepted this key yet, and the issuer has a fault, or had one and is backed off from |
 * | 401 `ERR_JWKS_NO_MATCHING_KEY` | the route has not accepted this key yet, and the issuer has used it for less than 7 s |
 * | 503 `ERR_INTERNAL` | a module trapped while the request was in flight |
 * | 503 of the exchange | the token service has a fault, or had one in which this identity failed and is backed off from |
 */
export function oracle() {
  const faults = { keys: [], tokens: [] };
  const traps = [];
  const signedSince = new Map();
  /** By route and key: since when the route has its key. */
  const known = new Map();
  /** By route or identity: until when a failure may be repeated. */
  const backedOff = new Map();

  const overlapping = (service, from, to) => faults[service].find(({ start, end }) => start <= to && from <= end + SLACK);

  /** Returns whether a fault of the service explains a failure of that route or identity. */
  function explained(service, name, from, to) {
    const fault = overlapping(service, from, to);
    if (fault) backedOff.set(name, fault);
    const last = fault ?? backedOff.get(name);
    return last !== undefined && from <= last.end + BACK_OFF + SLACK;
  }

  function allowed({ path, kid, identity }, { status, body }, from, to) {
    const code = body?.code;
    if (status === 503 && code === 'ERR_INTERNAL' && traps.some(({ start, end }) => start <= to && from <= end)) return 'module trapped';
    if (identity !== undefined) {
      return status === 503 && /^ERR_EXCHANGE_/.test(code) && explained('tokens', identity, from, to) ? 'token service failed' : undefined;
    }
    if (kid === undefined) return undefined;
    const isCold = path === '/api/cold';
    if (!isCold && known.get(`${path} ${kid}`) <= from) return undefined;
    if (status === 503 && KEY_CODES.includes(code) && explained('keys', path, from, to)) return 'keys could not be fetched';
    const isNew = from <= (signedSince.get(kid) ?? -Infinity) + COOLDOWN + SLACK;
    return status === 401 && code === 'ERR_JWKS_NO_MATCHING_KEY' && isNew ? 'key is new' : undefined;
  }

  return {
    /** Begins a fault of `keys` or `tokens`; returns the function that ends it. */
    fault(service, start) {
      const fault = { start, end: Infinity };
      faults[service] = [...faults[service].filter(({ end }) => end + BACK_OFF + SLACK >= start), fault];
      return (end) => (fault.end = end);
    },
    /** Begins a trap; returns the function that says when it was over. */
    trap(start) {
      const trap = { start, end: Infinity };
      traps.push(trap);
      return (end) => (trap.end = end);
    },
    signsWith: (kid, at) => signedSince.set(kid, at),
    /** Returns what is wrong with a response, or which exception it is, or neither: `{ wrong?, exception? }`. */
    judge(request, response, from, to) {
      const { path, kid, secret, expected } = request;
      const { status, body, text } = response;
      if (secret !== undefined && text.includes(secret)) return { wrong: 'the response holds the token' };
      const fits =
        status === expected.status &&
        (expected.code === undefined || body?.code === expected.code) &&
        (expected.body === undefined || JSON.stringify(body) === JSON.stringify(expected.body));
      if (fits) {
        // A signature was checked with this key.
        const name = `${path} ${kid}`;
        if (kid !== undefined && expected.code !== 'ERR_JWKS_NO_MATCHING_KEY' && !known.has(name)) known.set(name, to);
        return {};
      }
      const exception = allowed(request, response, from, to);
      return exception ? { exception } : { wrong: `${status} ${text.slice(0, 300)}, not ${JSON.stringify(expected)}` };
    },
  };
}
