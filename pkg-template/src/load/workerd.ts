// The `workerd` condition: Cloudflare's tools upload the module compiled, since workerd refuses to compile bytes.
import module from '../countersign_bg.wasm';
import { install } from '../core/core.js';

// A promise that one request made must not be awaited by another there.
install(module, { sharePromises: false });
