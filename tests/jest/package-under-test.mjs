// The packed package, put beside the frameworks as a user would have it.
import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { tarball } from '../js/install.mjs';

const folder = fileURLToPath(new URL('node_modules/countersign', import.meta.url));

/** Unpacks the tarball into node_modules; not locked, since its hash changes with every build. */
export async function installPackage() {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await promisify(execFile)('tar', ['-xzf', await tarball(), '--strip-components=1', '-C', folder]);
}
