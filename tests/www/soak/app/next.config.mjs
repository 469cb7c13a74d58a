import { fileURLToPath } from 'node:url';

// Two floors up, for this is built in target/, with the packages of the demo app.
const root = fileURLToPath(new URL('../..', import.meta.url));

export default { serverExternalPackages: ['redis'], turbopack: { root }, outputFileTracingRoot: root };
