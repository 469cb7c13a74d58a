#!/usr/bin/env node
// `cargo xtask chaos [--minutes N]`: writes a line for each run to target/chaos/runs.jsonl, and sums up all of them. A run that is
// broken off leaves those before it, so a long trial can be made of many.
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { deliveries } from './deliveries.mjs';
import { chaos } from './run.mjs';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '3' }, seed: { type: 'string' }, deliveries: { type: 'string' } },
});

// `--deliveries N`: deliveries of Vercel Connect alone, with either store.
if (values.deliveries !== undefined) {
  const count = Number(values.deliveries);
  if (!(Number.isInteger(count) && count >= 100)) throw new Error('`--deliveries` must be a whole number from 100');
  let wrong = 0;
  for (const store of ['memory', 'redis']) {
    const report = await deliveries({ count, store, ...(values.seed !== undefined && { seed: Number(values.seed) }) });
    wrong += report.wrong.length;
    console.log(JSON.stringify({ ...report, wrong: report.wrong.length }));
    for (const what of report.wrong) console.log(`WRONG: ${what}`);
  }
  process.exit(wrong > 0 ? 1 : 0);
}

const minutes = Number(values.minutes);
if (!(minutes > 0 && minutes <= 600)) throw new Error('`--minutes` must be a number up to 600');
const folder = fileURLToPath(new URL('../../../target/chaos/', import.meta.url));
await mkdir(folder, { recursive: true });

// In parts, each a line: what is done is not lost.
const PART = 3;
let wrong = 0;
for (let left = minutes; left > 0; left -= PART) {
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(values.seed);
  const report = await chaos({ seconds: Math.min(left, PART) * 60, seed, log: (name) => console.log(`  ${name}`) });
  await appendFile(`${folder}runs.jsonl`, `${JSON.stringify({ at: new Date().toISOString(), ...report })}\n`);
  wrong += report.wrong.length;
  for (const { what, detail } of report.wrong) console.log(`WRONG (seed ${seed}): ${what}\n${detail}`);
  console.log(JSON.stringify({ seed, recoverySeconds: report.recoverySeconds, requests: report.requests, last: report.samples.at(-1) }));
}

const runs = (await readFile(`${folder}runs.jsonl`, 'utf8'))
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));
const sum = (pick) => runs.reduce((total, run) => total + pick(run), 0);
const faults = runs.flatMap((run) => Object.values(run.faults)).reduce((total, count) => total + count, 0);
const operations = sum((run) =>
  Object.values(run.operations)
    .flatMap(Object.values)
    .reduce((total, count) => total + count, 0),
);
console.log(
  `${runs.length} runs, ${(sum((run) => run.seconds) / 60).toFixed(1)} minutes, ${faults} faults, ${operations} results, ${sum((run) => run.wrong.length)} of them wrong`,
);
process.exitCode = wrong > 0 ? 1 : 0;
