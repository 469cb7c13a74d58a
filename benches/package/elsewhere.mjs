// The benchmarks that need nothing of Node.js, in the runtimes in which the suite of tests/js runs, started as it starts them.
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installed } from '../../tests/js/runtimes/command.mjs';
import { subjects } from './tokens.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

/** What the project's page, worker or script runs in place of the suite. */
const RESULTS = `
import * as countersign from 'countersign';
import * as jose from 'jose';
import { benchmarks } from './benchmarks.mjs';
import data from './data.json';
import { rowsOf } from './measure.mjs';

export async function results() {
  const rows = [];
  for (const benchmark of benchmarks({ countersign, jose }, data)) rows.push(...(await rowsOf(benchmark)));
  return { agent: globalThis.navigator?.userAgent, rows };
}
`;

/** What a bundle of that has of the package's modules: all that the main entry may load. */
const MODULES = ['verify_bg.wasm', 'credentials_bg.wasm'];

/**
 * A runtime to measure in: a function of tests/js/runtimes that takes the project's folder, and the name with the version,
 * from the installed package or from what the runtime says of itself.
 */
const elsewhere =
  (file, start, version) =>
  async ({ folder, claims, policy }, progress) => {
    for (const name of ['benchmarks.mjs', 'measure.mjs']) await cp(join(here, name), join(folder, name));
    await writeFile(join(folder, 'data.json'), JSON.stringify({ ...policy, subjects: subjects(claims) }));
    await writeFile(join(folder, 'results.mjs'), RESULTS);
    // Only now: each needs packages of tests/js that the others do not.
    const runtime = await import(`../../tests/js/runtimes/${file}.mjs`);
    progress(`everything, in ${file}`);
    const { agent, rows } = await runtime[start](folder, MODULES);
    return { version: await version(agent), rows };
  };

const versionOf = (name) => async () => `${name} ${JSON.parse(await readFile(installed(name, 'package.json'), 'utf8')).version}`;

export const edge = elsewhere('edge', 'edge', versionOf('@edge-runtime/vm'));
export const workerd = elsewhere('workerd', 'workerd', versionOf('workerd'));
export const chromium = elsewhere('chromium', 'chromiumVite', (agent) => `Chromium ${/Chrome\/([\d.]+)/.exec(agent)?.[1]}`);
