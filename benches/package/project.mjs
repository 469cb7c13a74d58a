// The project in which everything is measured: the packed package, installed as a user would, and jose beside it.
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { installProject } from '../../tests/js/install.mjs';
import { AUDIENCE, ISSUER } from './tokens.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Installs; returns the folder, the package's version, the entries as Node.js imports them, and what the tokens say. */
export async function prepare(name) {
  const folder = await installProject(name);
  await cp(join(here, 'node_modules/jose'), join(folder, 'node_modules/jose'), { recursive: true });
  const entries = await import(pathToFileURL(join(folder, 'entries.mjs')));
  const issuer = await entries.testing.createTestIssuer({ issuer: ISSUER });
  const { claims } = entries.countersign.decode(await issuer.mint());
  const { version } = JSON.parse(await readFile(join(folder, 'node_modules/countersign/package.json'), 'utf8'));
  return { folder, version, entries, claims, policy: { issuer: ISSUER, audience: AUDIENCE } };
}
