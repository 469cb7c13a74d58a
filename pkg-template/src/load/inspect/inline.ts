// Everywhere else: the bytes come as text in a module of their own. A file beside this one would need the file system and a
// permission in one runtime, a fetch in another, and would be lost by some bundlers; text is lost by none.
import base64 from './bytes.js';
import { compile } from '../compile.js';
import { setRuntime } from '../../core/runtime.js';
import { inspectModule } from '../../inspect/module.js';

setRuntime({ sharePromises: true });
inspectModule.install(compile(base64));
