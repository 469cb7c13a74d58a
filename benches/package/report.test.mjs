// The parts of the report that are no figures: what weighs what, and that the table in docs/performance.md is of these benchmarks.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import * as jose from 'jose';
import { benchmarks } from './benchmarks.mjs';
import { markdown, subjectsOf } from './markdown.mjs';
import { measure } from './measure.mjs';
import { MODULES, featuresOf, partOf, parts, weigh } from './parts.mjs';
import { withPeers } from './peers.mjs';
import { prepare } from './project.mjs';
import { ROUTES, rowsOf } from './route.mjs';
import { sizes } from './sizes.mjs';
import { table } from './table.mjs';
import { subjects } from './tokens.mjs';

test('a function counts for the crate or the module that it was made for', () => {
  const names = {
    'countersign::jose::jwks::Jwks::parse::h9a65a1acc70a4f0a': 'countersign::jose',
    'countersign::crypto::verifier::h43fb7e7976f954ea': 'countersign::crypto',
    '<countersign::crypto::rsa::Verifier as signature::verifier::Verifier<alloc::vec::Vec<u8>>>::verify': 'countersign::crypto::rsa',
    'core::ptr::drop_in_place<countersign::error::Error>': 'countersign::error',
    'countersign::wasm::exports::exchanges::find::h0123456789abcdef': 'countersign::wasm::exchanges',
    '<dlmalloc[e24a27700634d609]::dlmalloc::Dlmalloc<dlmalloc[e24a27700634d609]::sys::System>>::malloc': 'dlmalloc',
    '<alloc::vec::Vec<T,A> as core::clone::Clone>::clone': 'alloc::vec',
    '<T as core::slice::cmp::SliceContains>::slice_contains': 'core::slice',
    'sha2::sha256::compress256': 'sha2',
    memcmp: 'compiler’s own (copies, comparisons, 128-bit arithmetic)',
  };
  for (const [name, part] of Object.entries(names)) assert.equal(partOf(name), part, name);
});

/** A module of one exported function, one other, and a memory with a text in it. */
const section = (id, ...bytes) => [id, bytes.length, ...bytes];
const text = (letters) => [letters.length, ...Buffer.from(letters)];
const MODULE = Buffer.from([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...section(1, 1, 0x60, 0, 0),
  ...section(2, 1, ...text('m'), ...text('f'), 0, 0),
  ...section(3, 2, 0, 0),
  ...section(5, 1, 0, 1),
  ...section(7, 2, ...text('run'), 0, 1, ...text('memory'), 2, 0),
  ...section(10, 2, ...[2, 0, 0x0b], ...[5, 0, 0x41, 7, 0x1a, 0x0b]),
  ...section(11, 1, 0, 0x41, 0, 0x0b, ...text('hello')),
]);

test('the parts of a module add up to it', async () => {
  assert.ok(WebAssembly.validate(MODULE));
  const rows = await weigh(MODULE, '0 m::f\n1 run\n2 sha2::compress\n', 0);
  const raw = Object.fromEntries(rows.map(({ name, raw, functions }) => [name, [functions, raw]]));
  assert.deepEqual(raw, {
    'types, imports, exports, tables': [0, MODULE.length - 3 - 6 - 13],
    'data: the texts and tables of all parts': [0, 13],
    sha2: [1, 6],
    'exports, with what was inlined into them': [1, 3],
  });
  const [all] = await weigh(MODULE, '0 m::f\n1 run\n2 sha2::compress\n', 1000);
  assert.deepEqual(all, {
    name: 'parts of less than 1000 bytes each',
    feature: 'other',
    functions: 2,
    raw: MODULE.length,
    gzip: gzipSync(MODULE, { level: 9 }).length,
  });
});

/** Parts that a module must have, since it cannot do its work without them. */
const EXPECTED = {
  verify: ['countersign::crypto::rsa', 'countersign::encoding::json', 'sha2'],
  credentials: ['countersign::exchange::cache', 'countersign::encoding::json', 'sha2'],
};

for (const module of MODULES)
  test(`the parts of the module ${module} as shipped add up to it, and its functions have names`, async () => {
    const rows = await parts(module);
    const wasm = await readFile(new URL(`../../pkg/dist/${module}_bg.wasm`, import.meta.url));
    assert.equal(
      rows.reduce((sum, { raw }) => sum + raw, 0),
      wasm.length,
    );
    const features = featuresOf(rows);
    for (const unit of ['raw', 'gzip', 'functions']) {
      const sum = (list) => list.reduce((total, row) => total + row[unit], 0);
      assert.equal(sum(features), sum(rows), unit);
    }
    const share = features.find(({ name }) => name === 'other').raw / wasm.length;
    assert.ok(share < 0.05, `${Math.round(100 * share)} % of the module is there for nothing that parts.mjs knows`);
    const names = rows.map(({ name }) => name);
    for (const name of EXPECTED[module]) assert.ok(names.includes(name), `${name} is not in ${names}`);
  });

/** A report with every line of the table in docs/performance.md, and figures of no meaning. */
let report;
before(async () => {
  const { folder, entries, claims, policy } = await prepare('report');
  const data = { ...policy, subjects: subjects(claims) };
  const time = withPeers(benchmarks({ countersign: entries.countersign, jose }, data, { node: true }), entries, data).flatMap(
    ({ name, candidates }) =>
      candidates.map((candidate, i) => ({
        section: 'time',
        name,
        subject: candidate.name,
        median: 2,
        min: 1,
        max: 3,
        cpu: { median: 4, min: 3, max: 5 },
        target: candidate.target,
        ...(i > 0 && { ratio: 0.5, cpuRatio: 0.25 }),
      })),
  );
  const cold = [{ name: 'countersign, bundled' }, { name: 'jose, bundled', ratio: 0.5, target: 0.75 }].map((row) => ({
    section: 'cold',
    processes: 1,
    median: 2,
    min: 1,
    max: 3,
    ...row,
  }));
  const size = (await sizes(folder)).map((row) => ({ section: 'size', ...row }));
  const memory = [0, 10_000, 100_000, 1_000_000].map((verifications) => ({
    section: 'memory',
    of: 'distinct tokens, EdDSA',
    verifications,
    bytes: 1,
    target: 2,
  }));
  const route = rowsOf(ROUTES.map((_, i) => [100 - i, 100, 100])).map((row) => ({ section: 'route', ...row }));
  const machine = { cpu: 'a processor', cores: 2, system: 'a system' };
  report = {
    package: 'countersign',
    command: 'cargo xtask bench',
    date: '2026-01-01',
    machine,
    rows: [
      ...[...time, ...cold, ...size, ...memory, ...route].map((row) => ({ runtime: 'Node.js 24', ...row })),
      ...[...time, ...cold].map((row) => ({ runtime: 'Node.js 26', ...row })),
    ],
  };
});

test('every figure that has a target is in the Markdown, beside what it is compared with', () => {
  const found = subjectsOf(markdown(report));
  assert.deepEqual(found.slice(0, 2), [
    ['RS256 2048', 'jose jwtVerify'],
    ['RS256 2048', 'node:crypto verify'],
  ]);
  for (const wanted of [
    ['EdDSA', '@node-rs/jsonwebtoken verifySync'],
    ['first verified token of a process, Node.js 24', 'jose, bundled'],
    ['first verified token of a process, Node.js 26', 'jose, bundled'],
    ['wasm verify, gzip', ''],
    ['main entry with a verifier, bundled, gzip', ''],
    ['guarded Next.js route', 'the same route unguarded'],
  ]) {
    assert.ok(
      found.some((subject) => `${subject}` === `${wanted}`),
      `${wanted}`,
    );
  }
  const targets = report.rows.filter(({ target }) => target !== undefined);
  assert.equal(table(report).match(/[≤≥] /g).length, targets.length);
  // Both versions of Node.js share a line of times.
  const once = targets.filter(({ section, runtime }) => section !== 'time' || runtime === 'Node.js 24');
  assert.equal(markdown(report).match(/[≤≥] /g).length, once.length);
});

test('a line of times has CPU time and both ratios, in each version of Node.js', () => {
  const line = markdown(report)
    .split('\n')
    .find((text) => text.startsWith('| RS256 2048 | fast-jwt'));
  const figures = '4.0 µs | 4.0 µs | 0.25 | 0.50';
  assert.equal(line, `| RS256 2048 | fast-jwt, no cache | ${figures} | ${figures} | ≤ 1.00 |`);
});

test('times are of CPU and wall, and their ratios of the same round', async () => {
  const work = (amount) => () => {
    let sum = 0;
    for (let i = 0; i < amount * 100_000; i += 1) sum += Math.sqrt(i);
    return sum;
  };
  const sleep = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
  const [, slow, idle] = await measure(
    [
      { name: 'works', run: work(1) },
      { name: 'works longer', run: work(4) },
      { name: 'works and waits', run: () => (work(1)(), sleep()) },
    ],
    { rounds: 9, warmUpMs: 10 },
  );
  assert.ok(slow.cpuRatio < 1 && slow.ratio < 1, `${slow.cpuRatio}, ${slow.ratio}`);
  // Waiting takes time, and no work.
  assert.ok(idle.ratio < idle.cpuRatio, `${idle.ratio}, ${idle.cpuRatio}`);
});

test('a route’s ratio is taken in each round', () => {
  const [, row] = rowsOf([
    [100, 200, 400],
    [99, 196, 380],
    [1, 2, 4],
  ]);
  assert.deepEqual([row.ratioQuarter, row.ratio, row.ratioThreeQuarters], [0.95, 0.98, 0.98]);
});

test('the tables in docs/performance.md are of these benchmarks', async () => {
  const page = await readFile(new URL('../../docs/performance.md', import.meta.url), 'utf8');
  const shown = [...page.matchAll(/^\| what \| against \|.*\n(\|.*\n)+/gm)].map(([text]) => text).join('');
  // Whatever the version of Node.js that a line was measured in.
  const versionless = (subjects) => subjects.map(([what, against]) => [what.replace(/Node\.js (\d+).*/, 'Node.js $1'), against]);
  assert.deepEqual(versionless(subjectsOf(shown)), versionless(subjectsOf(markdown(report))));
});
