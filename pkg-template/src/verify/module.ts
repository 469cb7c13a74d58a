// The module `verify`: its instance, and the buffer that tokens are written to.

import { CountersignError } from '../core/errors.js';
import { kindOf } from '../core/options.js';
import { WasmModule } from '../core/wasm-module.js';
import * as glue from '../verify_bg.js';
import type { Validity } from './token-cache.js';
import type { JwsHeader, JwtClaims } from './types.js';

let output: { address: number; validity: Float64Array; slices: Uint32Array } | undefined;
let input: { view: Uint8Array } | undefined;

/** The module that verifies tokens. */
export const verifyModule = new WasmModule('verify', glue, () => {
  output = undefined;
  input = undefined;
});

const encoder = new TextEncoder();
// A byte order mark is refused by the core, so none may vanish here.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The reason why the core refused the last token. */
export function refusal(): unknown {
  try {
    return verifyModule.call((wasm) => wasm.refusal());
  } catch (thrown) {
    return thrown;
  }
}

/**
 * Writes a token into the buffer and returns its length in bytes. A token longer than `maxBytes` is not copied, and its length
 * is one that the core refuses with both numbers.
 */
export function writeToken(token: unknown, maxBytes: number): number {
  if (typeof token !== 'string') {
    throw new CountersignError({ code: 'ERR_JWS_INVALID', message: `the token is not a string but ${kindOf(token)}` });
  }
  // Growing linear memory detaches every view of it.
  if (!input || input.view.byteLength <= maxBytes) {
    const capacity = maxBytes + 1;
    const address = verifyModule.call((wasm) => wasm.buffer(capacity));
    input = { view: new Uint8Array(verifyModule.memory.buffer, address, capacity) };
  }
  if (token.length > maxBytes) return token.length;
  const { read, written } = encoder.encodeInto(token, input.view);
  return read < token.length ? encoder.encode(token).byteLength : written;
}

/** The last header and its text: the tokens that one key has signed mostly share it. */
let last: { text: string; header: JwsHeader } | undefined;

/** The checked token that the core has left behind: the header, frozen because other tokens have it too, and the claims. */
export function readToken(): { header: JwsHeader; claims: JwtClaims } {
  const { slices } = readOutput();
  const text = (at: 0 | 2) => decoder.decode(new Uint8Array(verifyModule.memory.buffer, slices[at], slices[at + 1]));
  const header = text(0);
  if (last?.text !== header) last = { text: header, header: freeze(JSON.parse(header)) };
  return { header: last.header, claims: JSON.parse(text(2)) };
}

/** Freezes a value with all that is inside it. */
export function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) freeze(member);
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
    const address = output?.address ?? verifyModule.call((wasm) => wasm.output());
    const { buffer } = verifyModule.memory;
    output = { address, validity: new Float64Array(buffer, address, 5), slices: new Uint32Array(buffer, address + 40, 5) };
  }
  return output;
}
