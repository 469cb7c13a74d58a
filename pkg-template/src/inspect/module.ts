// The module `inspect`: tokens, policies and environment variables, for people and build machines.

import { WasmModule } from '../core/wasm-module.js';
import * as glue from '../inspect_bg.js';

/** The module that explains, simulates and generates, and keeps environment variables in step. */
export const inspectModule = new WasmModule('inspect', glue);
