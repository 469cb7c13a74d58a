// The same as ../edge.ts, for the second module.
import module from '../../inspect_bg.wasm?module';
import { install } from '../../inspect/module.js';

install(module, { sharePromises: false });
