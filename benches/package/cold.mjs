// Cold start: a fresh process imports a bundle, which takes a key and verifies its first token.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { command } from '../../tests/js/runtimes/command.mjs';
import { spread } from './measure.mjs';

const PROCESSES = 41;

/** The same job for each: token, key and policy are in the bundle, and `verified` is what came out. */
const JOBS = {
  countersign: `
    import { createVerifier } from 'countersign';
    import { token, jwks, issuer, audience } from './job.json';
    export const verified = createVerifier({ issuer, audience, jwks }).verifySync(token).claims;`,
  jose: `
    import { createLocalJWKSet, jwtVerify } from 'jose';
    import { token, jwks, issuer, audience } from './job.json';
    export const verified = (await jwtVerify(token, createLocalJWKSet(jwks), { issuer, audience, algorithms: ['RS256'] })).payload;`,
};

/** Times the import from within, so that the start of Node.js itself, the same for both, does not hide the difference. */
const LAUNCHER = `
const start = performance.now();
const { verified } = await import(process.argv[2]);
const ms = performance.now() - start;
if (verified.iss === undefined) throw new Error('nothing was verified');
console.log(ms);
`;

export async function coldStart(project, { issuer, audience, subjects }) {
  const { jwk, tokens } = subjects['RS256 2048'];
  await writeFile(join(project, 'job.json'), JSON.stringify({ token: tokens[0], jwks: { keys: [jwk] }, issuer, audience }));
  await writeFile(join(project, 'launch.mjs'), LAUNCHER);
  const names = Object.keys(JOBS);
  for (const name of names) {
    await build({
      stdin: { contents: JOBS[name], resolveDir: project },
      outfile: join(project, `cold-${name}.mjs`),
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
    });
  }
  const run = async (name) => Number(await command(process.execPath, ['launch.mjs', `./cold-${name}.mjs`], { cwd: project }));
  // Once for nothing, so that the files are in memory for both.
  for (const name of names) await run(name);
  const times = names.map(() => []);
  for (let i = 0; i < PROCESSES; i += 1) {
    for (let j = 0; j < names.length; j += 1) {
      const at = (i + j) % names.length;
      times[at].push(await run(names[at]));
    }
  }
  const [ours, theirs] = times.map(spread);
  const ratio = spread(times[0].map((ms, i) => ms / times[1][i])).median;
  return [
    { name: 'countersign, bundled', processes: PROCESSES, ...ours },
    { name: 'jose, bundled', processes: PROCESSES, ...theirs, target: 0.75, ratio },
  ];
}
