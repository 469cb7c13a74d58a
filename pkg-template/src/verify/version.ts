import { verifyModule } from './module.js';

/** The version of this package, as the core states it. */
export const version = (): string => verifyModule.call((wasm) => wasm.version());
