// The one instance of the wasm: typed calls into it, the buffer that tokens are written to, and recovery from a trap.

import * as glue from './countersign_bg.js';
import { CountersignError, type ErrorDetails } from './errors.js';
import type { Times } from './token-cache.js';

/** What the loader knows of the runtime. */
interface Host {
  /** Whether a promise that one request made may be awaited by another. */
  sharePromises: boolean;
  /** What looks for credentials in files, where there may be files. Loaded when it is needed. */
  machine?: () => Promise<typeof import('./host/machine.js')>;
}

let kept: { module: WebAssembly.Module; host: Host } | undefined;
let instance: WebAssembly.Instance;
let memory: WebAssembly.Memory;
/** Counts instances, so that what refers to the memory of a lost one can be told. */
let generation = 0;
let output: { at: number; times: Float64Array; places: Uint32Array } | undefined;
let input: { view: Uint8Array } | undefined;

const encoder = new TextEncoder();
// A byte order mark is refused by the core, so none may vanish here.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Takes the compiled module from a loader. */
export function install(module: WebAssembly.Module, host: Host): void {
  kept = { module, host };
  start();
}

/** Makes a fresh instance from the kept module. */
function start(): void {
  // The glue caches views of the memory it knows. Growing by nothing detaches them, so that it makes new ones.
  if (generation > 0) memory.grow(0);
  instance = new WebAssembly.Instance(installed().module, {
    './countersign_bg.js': glue as unknown as WebAssembly.ModuleImports,
  });
  memory = instance.exports['memory'] as WebAssembly.Memory;
  glue.__wbg_set_wasm(instance.exports);
  (instance.exports['__wbindgen_start'] as () => void)();
  generation += 1;
  output = undefined;
  input = undefined;
}

function installed(): { module: WebAssembly.Module; host: Host } {
  if (!kept) throw new Error('countersign was imported past its entry points: no loader has run');
  return kept;
}

/** Whether a promise that one request made may be awaited by another. */
export const sharePromises = (): boolean => installed().host.sharePromises;

/** What looks for credentials in files; undefined where there are none. */
export const machine = (): Host['machine'] => installed().host.machine;

/** The number of the present instance. Handles of an earlier one mean nothing. */
export const currentGeneration = (): number => generation;

/** How much memory the instance has taken, for the tests that watch it. */
export const memoryBytes = (): number => memory.buffer.byteLength;

/** The present time as the core wants it: seconds since the epoch. */
export const clock = (): number => Date.now() / 1000;

/**
 * Calls into the core. What it refuses is thrown as a `CountersignError`; a trap poisons the instance, so it is
 * replaced before `ERR_INTERNAL` is thrown, and the next call works.
 */
export function call<T>(run: (wasm: typeof glue) => T): T {
  try {
    return run(glue);
  } catch (thrown) {
    if (isDetails(thrown)) throw toError(thrown);
    if (thrown instanceof CountersignError) throw thrown;
    start();
    throw new CountersignError({
      code: 'ERR_INTERNAL',
      message: 'internal fault: the WebAssembly module trapped and was replaced',
      retryable: true,
      cause: thrown,
    });
  }
}

/**
 * The same for what holds a number of the given instance: in another one that number means something else, perhaps
 * somebody else's keys.
 */
export function callIn<T>(instance: number, run: (wasm: typeof glue) => T): T {
  if (instance === generation) return call(run);
  throw new CountersignError({ code: 'ERR_INTERNAL', message: 'internal fault: the WebAssembly module was replaced meanwhile', retryable: true });
}

/** The core throws plain objects; whatever else comes out of it is a trap, of whichever realm. */
function isDetails(thrown: unknown): thrown is ErrorDetails {
  return typeof thrown === 'object' && thrown !== null && Object.getPrototypeOf(thrown) === Object.prototype && 'code' in thrown;
}

function toError(details: ErrorDetails): CountersignError {
  return new CountersignError({ ...details, cause: isDetails(details.cause) ? toError(details.cause) : undefined });
}

/** Why the core answered that it refuses a token. */
export function refusal(): unknown {
  try {
    return call((wasm) => wasm.throw_error());
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
    input = { view: new Uint8Array(memory.buffer, address, capacity) };
  }
  if (token.length > maxBytes) return Number.MAX_SAFE_INTEGER;
  const { read, written } = encoder.encodeInto(token, input.view);
  return read < token.length ? input.view.byteLength : written;
}

/** What the core has left behind: the texts that it has checked. */
export function readTexts(): { header: string; claims: string } {
  const { places } = readOutput();
  const text = (at: 0 | 2) => decoder.decode(new Uint8Array(memory.buffer, places[at], places[at + 1]));
  return { header: text(0), claims: text(2) };
}

/** The core's wish for newer keys: 0, or one more than twice the source, and one more still for an unknown `kid`. */
export const readWants = (): number => readOutput().places[4] as number;

/** When an accepted token and its keys may be used. */
export function readTimes(): Times {
  const [from, until, keysFrom, keysFresh, keysUsable] = readOutput().times as unknown as [number, number, number, number, number];
  return { from, until, keysFrom, keysFresh, keysUsable };
}

/** Five 64-bit floats, then five 32-bit integers: `Output` of the core. */
function readOutput(): { times: Float64Array; places: Uint32Array } {
  // Growing linear memory detaches every view of it.
  if (!output || output.places.byteLength === 0) {
    const at = output?.at ?? call((wasm) => wasm.output());
    output = { at, times: new Float64Array(memory.buffer, at, 5), places: new Uint32Array(memory.buffer, at + 40, 5) };
  }
  return output;
}
