#!/usr/bin/env node
// `cargo xtask soak [--minutes N] [--seed N] [--fresh]`: writes a line for each minute to target/soak/minutes.jsonl, and sums up all of
// them. A run that is broken off leaves its minutes, and the next one adds to them; `--fresh` forgets them.
import { appendFile, mkdir, readFile, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { growth, report } from './report.mjs';
import { build, soak } from './run.mjs';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '15' }, seed: { type: 'string' }, fresh: { type: 'boolean', default: false } },
});
const minutes = Number(values.minutes);
if (!(minutes > 0 && minutes <= 1440)) throw new Error('`--minutes` must be a number up to 1440');
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);

const folder = fileURLToPath(new URL('../../../target/soak/', import.meta.url));
const file = `${folder}minutes.jsonl`;
if (values.fresh) await rm(file, { force: true });
await mkdir(folder, { recursive: true });

console.log('soak: next build');
const app = await build();
console.log(`soak: ${minutes} minutes, seed ${seed}`);
await soak({
  folder: app,
  seconds: minutes * 60,
  seed,
  async onPart(part) {
    await appendFile(file, `${JSON.stringify({ at: new Date().toISOString(), seed, ...part })}\n`);
    const requests = Object.values(part.kinds).reduce((sum, kind) => sum + kind.requests, 0);
    const { rss, heapUsed, wasm } = part.state;
    const mib = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
    console.log(`  ${requests} requests, ${part.wrongCount} wrong, RSS ${mib(rss)}, heap ${mib(heapUsed)}, WebAssembly ${mib(wasm)}`);
    for (const what of part.wrong) console.log(`WRONG (seed ${seed}): ${what}`);
  },
});

const parts = (await readFile(file, 'utf8'))
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));
console.log(report(parts));
const tooMuch = growth(parts).filter(({ isTooMuch }) => isTooMuch);
for (const { name, perMinute, bound } of tooMuch) console.log(`GROWS: ${name} by ${perMinute} a minute, more than ${bound}`);
process.exitCode = tooMuch.length > 0 || parts.some(({ wrongCount }) => wrongCount > 0) ? 1 : 0;
