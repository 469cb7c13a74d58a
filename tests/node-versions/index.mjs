// The versions of Node.js that the project is tested with.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Every version, by its major number; 24 runs the tests themselves. */
export const VERSIONS = ['20', '22', '24', '26'];

/**
 * Returns the path of a version's `node`: what the environment variable `NODE_<major>` names, else the package of this folder.
 * Throws if neither is there: a version is never skipped.
 */
export function nodeVersion(major) {
  const named = process.env[`NODE_${major}`];
  const file = named || fileURLToPath(new URL(`node_modules/node-${major}-${process.platform}-${process.arch}/bin/node`, import.meta.url));
  if (existsSync(file)) return file;
  throw new Error(`Node.js ${major} is missing at ${file}: run \`npm ci\` in tests/node-versions, or name a binary in NODE_${major}`);
}
