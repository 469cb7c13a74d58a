// The `workerd` condition: Cloudflare's tools upload the module compiled, since workerd refuses to compile bytes.
import module from '../../credentials_bg.wasm';
import { setRuntime } from '../../core/runtime.js';
import { credentialsModule } from '../../credentials/module.js';

// A promise that one request made must not be awaited by another there.
setRuntime({ sharePromises: false });
credentialsModule.install(module);

export * from '../../credentials/at-first-use.js';
