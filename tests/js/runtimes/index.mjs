// Every runtime that the package supports. A runtime that cannot be had is a failure, never a skip.
import { VERSIONS } from '../../node-versions/index.mjs';
import { chromiumDirect, chromiumVite } from './chromium.mjs';
import { bun, deno, node, nodeCommonJs, nodeOf } from './command.mjs';
import { edge } from './edge.mjs';
import { firefox } from './firefox.mjs';
import { webkit } from './webkit.mjs';
import { workerd } from './workerd.mjs';

/** The versions of Node.js beside the one that runs the tests. */
const OTHERS = VERSIONS.filter((major) => major !== process.versions.node.split('.')[0]);

/** By name, what runs the suite of a project: `suite.mjs` in its folder. */
export const RUNTIMES = {
  [`Node.js ${process.versions.node}, ES modules`]: node,
  [`Node.js ${process.versions.node}, CommonJS`]: nodeCommonJs,
  ...Object.fromEntries(OTHERS.map((major) => [`Node.js ${major}, ES modules`, nodeOf(major)])),
  'edge runtime, strict': edge,
  workerd,
  'Deno without permissions': deno,
  Bun: bun,
  'Chromium, files as they are': chromiumDirect,
  'Chromium, built by Vite': chromiumVite,
  Firefox: firefox,
  WebKitGTK: webkit,
};
