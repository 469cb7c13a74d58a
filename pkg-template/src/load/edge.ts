// The `edge-light` condition: Next.js compiles the module when it builds, since the edge runtime refuses to compile
// bytes. `?module` is how Next.js and Vercel name that.
import module from '../countersign_bg.wasm?module';
import { install } from '../core/core.js';

// A promise that one request made must not be awaited by another there.
install(module, { sharePromises: false });
