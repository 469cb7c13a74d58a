// Frameworks whose installation or build takes too long for every test run: `cargo xtask frameworks`.
import { cp, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describeBuild, runProgram, start } from '../guards/production.mjs';
import { unpackPackage } from '../js/install.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

await unpackPackage(import.meta.url);
const { createTestIssuer } = await import('countersign/testing');
const issuer = await createTestIssuer();

/** Nuxt with the middleware and the route of the app for Nitro. */
async function nuxt() {
  const folder = `${here}.nuxt-app`;
  await rm(folder, { recursive: true, force: true });
  await cp(`${here}nuxt`, folder, { recursive: true });
  await cp(`${here}../guards/nitro/server`, `${folder}/server`, { recursive: true });
  await writeFile(`${folder}/jwks.json`, JSON.stringify(issuer.jwks));
  await runProgram(`${here}node_modules/nuxt/bin/nuxt.mjs`, ['build'], folder, { NUXT_TELEMETRY_DISABLED: '1' });
  return start(`${folder}/.output/server/index.mjs`);
}

describeBuild('Nuxt', nuxt, issuer);
