// Runs cases of tests/js in this process, with one mutant after the other, and sends the results to runner.mjs.
import { once } from 'node:events';
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

const load = (path) => import(pathToFileURL(join(process.cwd(), path)).href);

/** The switch of StrykerJS, which the mutated sources read. */
const stryker = {};
globalThis.__stryker__ = stryker;

/** Listens for a plan. Only then does the channel keep the process alive: a case that waits for ever ends it. */
async function nextPlan() {
  process.channel.ref();
  const [plan] = await once(process, 'message');
  process.channel.unref();
  return plan;
}

let plan = await nextPlan();
if (plan.isStatic) stryker.activeMutant = plan.mutant;
const entries = await load('project/entries.mjs');
const { runSuite } = await load('tests/js/harness.mjs');
const { cases: suite } = await load('tests/js/suite.mjs');

/** Cases about large numbers and about schedules. Each takes a second, and others reach the same code. */
const SLOW = [
  /^keys: ten thousand callers/,
  /^keys: a flood of unknown key names/,
  /^federation: 10,000 issuers/,
  /^refresh: ten thousand targets/,
  /^secrets: a service that quotes the form/,
  /^timing: 20 minutes hold/,
  /^timing: with the defaults/,
  /^vercel\/vercel #17582/,
];
const cases = suite.filter(({ name }) => !SLOW.some((pattern) => pattern.test(name)));

/** The files of cases; those without a cache are made of others. */
const files = new Map();
for await (const file of glob('*.mjs', { cwd: 'tests/js/cases' })) {
  for (const one of (await load(`tests/js/cases/${file}`)).cases ?? []) files.set(one, file);
}

/** The cases that reach the mutant, the quickest first: most mutants are noticed by several. */
async function casesOf({ only, coverage }) {
  if (coverage) return cases;
  const times = new Map(JSON.parse(await readFile('project/times.json', 'utf8')));
  const names = only && new Set(only);
  return cases.filter(({ name }) => !names || names.has(name)).sort((a, b) => times.get(a.name) - times.get(b.name));
}

async function errorOf(one) {
  const [{ error }] = await runSuite([one], entries);
  return error;
}

async function run(plan) {
  const { mutant, hitLimit, coverage } = plan;
  Object.assign(stryker, { activeMutant: mutant, hitLimit, hitCount: hitLimit === undefined ? undefined : 0 });
  const results = [];
  for (const one of await casesOf(plan)) {
    if (coverage) stryker.currentTestId = one.name;
    const start = performance.now();
    const error = await errorOf(one);
    stryker.currentTestId = undefined;
    results.push({ id: one.name, file: files.get(one) ?? 'cache.mjs', ms: performance.now() - start, error });
    if (error === null || coverage) continue;
    const { hitCount } = stryker;
    stryker.activeMutant = undefined;
    await nextTurn();
    return { results, hitCount, passesWithout: plan.isStatic || (await errorOf(one)) === null };
  }
  const { hitCount } = stryker;
  stryker.activeMutant = undefined;
  return { results, hitCount, coverage: coverage && stryker.mutantCoverage };
}

for (;;) {
  const outcome = await run(plan);
  process.send(outcome);
  plan = await nextPlan();
}
