// Everywhere else: the bytes come as text in a module of their own, which no bundler loses.
import base64 from './bytes.js';
import { compile } from '../compile.js';
import { setRuntime } from '../../core/runtime.js';
import { credentialsModule } from '../../credentials/module.js';

// Only this loader serves runtimes that may have files. Bundles for the edge have nothing of what reads them.
setRuntime({ sharePromises: true, nodeSources: () => import('../../host/node-sources.js') });
credentialsModule.install(compile(base64));

export * from '../../credentials/at-first-use.js';
