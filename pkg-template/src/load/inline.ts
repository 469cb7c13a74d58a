// Everywhere else: the bytes come as text in a module of their own. A file beside this one would need the file system
// and a permission in one runtime, a fetch in another, and would be lost by some bundlers; text is lost by none.
import base64 from './bytes.js';
import { compile } from './compile.js';
import { install } from '../core/core.js';

// Only this loader serves runtimes that may have files. Bundles for the edge have nothing of what reads them.
install(compile(base64), { sharePromises: true, nodeSources: () => import('../host/node-sources.js') });
