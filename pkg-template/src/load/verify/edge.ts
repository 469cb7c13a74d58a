// The `edge-light` condition: Next.js compiles the module when it builds, since the edge runtime refuses to compile bytes.
// `?module` is how Next.js and Vercel name that.
import module from '../../verify_bg.wasm?module';
import { setRuntime } from '../../core/runtime.js';
import { verifyModule } from '../../verify/module.js';

// A promise that one request made must not be awaited by another there.
setRuntime({ sharePromises: false });
verifyModule.install(module);
