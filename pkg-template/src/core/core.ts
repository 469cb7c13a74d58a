// The one instance of the core: typed calls into it, and the buffer that tokens are written to.

import * as glue from '../countersign_bg.js';
import type { Validity } from '../verify/token-cache.js';
import type { JwsHeader, JwtClaims } from '../verify/types.js';
import { CountersignError } from './errors.js';
import { type Host, Instance } from './instance.js';
import type { Questions } from './questions.js';

const core = new Instance('countersign', glue);
let output: { at: number; validity: Float64Array; slices: Uint32Array } | undefined;
let input: { view: Uint8Array } | undefined;

const encoder = new TextEncoder();
// A byte order mark is refused by the core, so none may vanish here.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Takes the compiled module from a loader. */
export function install(module: WebAssembly.Module, host: Host): void {
  core.install(module, host, () => {
    output = undefined;
    input = undefined;
  });
}

/** Whether a promise that one request made may be awaited by another. */
export const sharePromises = (): boolean => core.host.sharePromises;

/** Loads the module that reads credentials from files; undefined where there are no files. */
export const nodeSources = (): Host['nodeSources'] => core.host.nodeSources;

/** The number of the present instance. Handles of an earlier one mean nothing. */
export const currentGeneration = (): number => core.generation;

/** How much memory the instance has taken, for the tests that watch it. */
export const memoryBytes = (): number => core.memory.buffer.byteLength;

/** The present time as the core wants it: seconds since the epoch. */
export const clock = (): number => Date.now() / 1000;

/** Calls into the core on its hot path; see {@link Instance.call}. */
export const call = <T>(run: (wasm: typeof glue) => T): T => core.call(run);

/** Asks the core for anything else. */
export const ask = <Q extends keyof Questions>(question: Q, ...given: Parameters<Questions[Q]>): ReturnType<Questions[Q]> =>
  core.call((wasm) => wasm.ask(question, given));

/**
 * The same for what holds a number of the given instance: in another one that number means something else, perhaps
 * somebody else's keys.
 */
export function askIn<Q extends keyof Questions>(instance: number, question: Q, ...given: Parameters<Questions[Q]>): ReturnType<Questions[Q]> {
  if (instance === core.generation) return ask(question, ...given);
  throw new CountersignError({ code: 'ERR_INTERNAL', message: 'internal fault: the WebAssembly module was replaced meanwhile', retryable: true });
}

/** Why the core answered that it refuses a token. */
export function refusal(): unknown {
  try {
    return ask('refusal');
  } catch (thrown) {
    return thrown;
  }
}

/**
 * Writes a token into the buffer and returns its length in bytes; a token longer than `maxBytes` is not copied, and its
 * length is one that the core refuses.
 */
export function writeToken(token: unknown, maxBytes: number): number {
  if (typeof token !== 'string') {
    throw new CountersignError({ code: 'ERR_JWS_INVALID', message: 'the token is not a string' });
  }
  // Growing linear memory detaches every view of it.
  if (!input || input.view.byteLength <= maxBytes) {
    const capacity = maxBytes + 1;
    const address = call((wasm) => wasm.buffer(capacity));
    input = { view: new Uint8Array(core.memory.buffer, address, capacity) };
  }
  if (token.length > maxBytes) return Number.MAX_SAFE_INTEGER;
  const { read, written } = encoder.encodeInto(token, input.view);
  return read < token.length ? input.view.byteLength : written;
}

/** The last header and its text: the tokens that one key has signed mostly share it. */
let last: { text: string; header: JwsHeader } | undefined;

/** What the core has left behind of a token, which it has checked: the header, frozen because other tokens have it too, and the claims. */
export function readToken(): { header: JwsHeader; claims: JwtClaims } {
  const { slices } = readOutput();
  const text = (at: 0 | 2) => decoder.decode(new Uint8Array(core.memory.buffer, slices[at], slices[at + 1]));
  const header = text(0);
  if (last?.text !== header) last = { text: header, header: freeze(JSON.parse(header)) };
  return { header: last.header, claims: JSON.parse(text(2)) };
}

/** Freezes a value with all that is inside it. */
export function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) if (typeof member === 'object') freeze(member);
    Object.freeze(value);
  }
  return value;
}

/** Requested key refresh: 0 for none, else `1 + 2 * source + (unknownKid ? 1 : 0)`. */
export const readKeyRefresh = (): number => readOutput().slices[4] as number;

/** When an accepted token and its keys may be used. */
export function readValidity(): Validity {
  const [from, until, keysFrom, keysFresh, keysUsable] = readOutput().validity as unknown as [number, number, number, number, number];
  return { from, until, keysFrom, keysFresh, keysUsable };
}

/** Five 64-bit floats, then five 32-bit integers: `VerifyOutput` of the core. */
function readOutput(): { validity: Float64Array; slices: Uint32Array } {
  // Growing linear memory detaches every view of it.
  if (!output || output.slices.byteLength === 0) {
    const at = output?.at ?? call((wasm) => wasm.output());
    output = { at, validity: new Float64Array(core.memory.buffer, at, 5), slices: new Uint32Array(core.memory.buffer, at + 40, 5) };
  }
  return output;
}
