// What can be counted has a ceiling, so that a regression is seen when it is made. Times have none: they differ by machine.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { distinctTokens, memory, tokensInTurn } from './memory.mjs';
import { prepare } from './project.mjs';
import { sizes } from './sizes.mjs';

/**
 * Bytes after gzip, a few hundredths above what they are. Lower them with what is gained; raise one only for something that is
 * worth its bytes, and say in the commit what it is.
 */
const GZIP_CEILINGS = {
  'wasm verify': 145_700,
  'wasm credentials': 150_800,
  'wasm inspect': 406_500,
  'main entry with a verifier, bundled': 206_900,
  'JavaScript of countersign': 13_530,
  'JavaScript of countersign/astro': 2_940,
  'JavaScript of countersign/aws': 10_640,
  'JavaScript of countersign/azure': 10_130,
  'JavaScript of countersign/connect': 21_060,
  'JavaScript of countersign/connect/ai-sdk': 12_040,
  'JavaScript of countersign/connect/authjs': 11_220,
  'JavaScript of countersign/connect/betterauth': 11_140,
  'JavaScript of countersign/connect/chat': 20_750,
  'JavaScript of countersign/connect/eve': 20_940,
  'JavaScript of countersign/connect/mcp': 12_040,
  'JavaScript of countersign/connect/tanstack-ai': 12_210,
  'JavaScript of countersign/exchange': 13_140,
  'JavaScript of countersign/express': 3_080,
  'JavaScript of countersign/fastify': 3_110,
  'JavaScript of countersign/federation': 11_650,
  'JavaScript of countersign/gcp': 10_070,
  'JavaScript of countersign/guard': 3_600,
  'JavaScript of countersign/h3': 3_020,
  'JavaScript of countersign/hono': 2_940,
  'JavaScript of countersign/keys': 7_060,
  'JavaScript of countersign/next': 3_230,
  'JavaScript of countersign/react-router': 2_820,
  'JavaScript of countersign/refresh': 29_300,
  'JavaScript of countersign/sveltekit': 2_960,
  'JavaScript of countersign/vercel-oidc': 13_850,
  'JavaScript of all entries': 54_560,
};

/** The modules that a program with a verifier and a provider has: what they share counts twice. */
const TOGETHER = { names: ['wasm verify', 'wasm credentials'], gzip: 296_500 };

/** What linear memory begins with and must still be after many verifications: pages of 64 KiB. */
const MEMORY_CEILING = 24 * 65_536;

let project;
before(async () => {
  project = await prepare('ceilings');
});

test('sizes are below their ceilings, and every entry has one', async () => {
  const ours = (await sizes(project.folder)).filter(({ name }) => !name.startsWith('jose'));
  assert.deepEqual(
    ours.map(({ name }) => name),
    Object.keys(GZIP_CEILINGS),
  );
  for (const { name, gzip } of ours) {
    assert.ok(gzip <= GZIP_CEILINGS[name], `${name}: ${gzip} bytes after gzip; its ceiling is ${GZIP_CEILINGS[name]}`);
  }
  const together = ours.filter(({ name }) => TOGETHER.names.includes(name)).reduce((sum, { gzip }) => sum + gzip, 0);
  assert.ok(together <= TOGETHER.gzip, `${TOGETHER.names.join(' and ')}: ${together} bytes after gzip; their ceiling is ${TOGETHER.gzip}`);
});

test('linear memory does not grow with the number of verifications', async () => {
  const { folder, entries, policy, claims } = project;
  const [, early, late] = await memory(folder, entries, policy, tokensInTurn(claims, 2048), [5_000, 30_000]);
  assert.equal(late.bytes, early.bytes);
  assert.ok(late.bytes <= MEMORY_CEILING, `linear memory has ${late.bytes} bytes; its ceiling is ${MEMORY_CEILING}`);
});

test('nor with the number of tokens', async () => {
  const { folder, entries, policy, claims } = project;
  const [, early, late] = await memory(folder, entries, policy, distinctTokens(claims), [1_000, 4_000]);
  assert.equal(late.bytes, early.bytes);
});
