// The `edge-light` condition: Next.js compiles the module when it builds, since the edge runtime refuses to compile bytes.
// `?module` is how Next.js and Vercel name that.
import module from '../../credentials_bg.wasm?module';
import { setRuntime } from '../../core/runtime.js';
import { credentialsModule } from '../../credentials/module.js';

// A promise that one request made must not be awaited by another there.
setRuntime({ sharePromises: false });
credentialsModule.install(module);

export * from '../../credentials/at-first-use.js';
