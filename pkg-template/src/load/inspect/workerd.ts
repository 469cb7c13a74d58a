// The `workerd` condition: Cloudflare's tools upload the module compiled, since workerd refuses to compile bytes.
import module from '../../inspect_bg.wasm';
import { setRuntime } from '../../core/runtime.js';
import { inspectModule } from '../../inspect/module.js';

// A promise that one request made must not be awaited by another there.
setRuntime({ sharePromises: false });
inspectModule.install(module);
