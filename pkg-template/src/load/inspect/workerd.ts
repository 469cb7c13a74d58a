// The same as ../workerd.ts, for the second module.
import module from '../../inspect_bg.wasm';
import { install } from '../../inspect/module.js';

install(module, { sharePromises: false });
