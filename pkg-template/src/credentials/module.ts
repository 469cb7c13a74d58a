// The module `credentials`: the chain, the exchanges, Vercel Connect and the development token.

import { WasmModule } from '../core/wasm-module.js';
import * as glue from '../credentials_bg.js';

/** The bound of the credential cache; undefined for that of the core. An instance that is made after a trap has it too. */
let maxCredentials: number | undefined;

/** The module that finds and exchanges credentials. */
export const credentialsModule = new WasmModule('credentials', glue, () => {
  if (maxCredentials !== undefined) glue.set_credential_capacity(maxCredentials);
});

/** Sets the bound of the credential cache. */
export function limitCredentials(count: number): void {
  credentialsModule.call((wasm) => wasm.set_credential_capacity(count));
  maxCredentials = count;
}
