// The module `credentials`: the chain, the exchanges, Vercel Connect and the development token.

import { WasmModule } from '../core/wasm-module.js';
import * as glue from '../credentials_bg.js';

/** The module that finds and exchanges credentials. */
export const credentialsModule = new WasmModule('credentials', glue);
