import { call } from './core.js';

/** The version of this package, as the core states it. */
export const version = (): string => call((wasm) => wasm.version());
