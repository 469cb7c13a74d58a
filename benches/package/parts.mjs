// What each part of a WebAssembly module weighs: the functions as they are shipped, under the names that the package keeps beside them.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { readModule } from './wasm.mjs';

const shipped = (path) => fileURLToPath(new URL(`../../pkg/dist/${path}`, import.meta.url));

/** The modules whose parts are of interest. What runs on a developer's machine may weigh more. */
export const MODULES = ['verify', 'credentials'];
const gzipped = async (bytes) => (await promisify(gzip)(bytes, { level: 9 })).length;

/** Parts of this crate that are told apart one floor further down. */
const WIDE = new Set(['crypto', 'encoding', 'exchange', 'issuer', 'wasm']);

/** What the parts are there for; the first that fits. Crates are named where they are used for nothing else. */
const FEATURES = [
  ['RSA', /^countersign::crypto::rsa$/],
  [
    'elliptic curves',
    /^countersign::crypto::(curve|ecdsa|eddsa|der)$|^(crypto_bigint|curve25519_dalek|ecdsa|ed25519\w*|elliptic_curve|p256|p384|primefield|primeorder|wnaf|signature)$/,
  ],
  ['digests', /^countersign::crypto::hash$|^(sha2|digest|block_buffer|hybrid_array)$/],
  ['Vercel Connect', /^countersign::exchange::connect$/],
  ['exchanges and their cache', /^countersign::(exchange|encoding::(xml|date|form))/],
  ['chain and development token', /^countersign::chain$/],
  ['options and suggestions', /^countersign::options$|^strsim$/],
  ['strict readers', /^countersign::encoding|^base64$/],
  ['keys, tokens, policies', /^countersign::(crypto|jose|jwt|issuer)|^(const_oid|der|spki)$/],
  ['fetches and errors', /^countersign::(error|flow|secret|time)/],
  ['boundary to JavaScript', /^countersign::(wasm|bindings|wire)|^exports|^(wasm_bindgen|js_sys)$/],
  ['serde', /^(serde|serde_core|serde_json|serde_wasm_bindgen|tsify|itoa|ryu|zmij)$/],
  ['allocator', /^(dlmalloc|talc|__rustc|alloc::alloc)$/],
  ['formatting and panics', /^(core::fmt|core::panicking|std::panicking|std::panic|console_error_panic_hook|alloc::fmt)$/],
  ['the rest of the standard library', /^(core|alloc|std)::|^hashbrown$|^compiler’s own/],
  ['data', /^data:/],
  ['types, imports, exports, tables', /^types,/],
];

/** Parts below this many bytes are one row. */
const LEAST = 512;

/** The parts of a module of the package that was built last, each with the name of the `module`. */
export async function parts(module) {
  const [wasm, names] = await Promise.all([readFile(shipped(`${module}_bg.wasm`)), readFile(shipped(`debug/${module}.txt`), 'utf8')]);
  return (await weigh(wasm, names)).map((row) => ({ module, ...row }));
}

/**
 * `{ name, feature, functions, raw, gzip }` for each part of a module, the heaviest first; `lines` has a line `<index> <name>` for each of its
 * functions.
 *
 * `raw` counts every byte once. `gzip` is a fair share: the whole module's size after gzip, parted in the proportion of the sizes
 * that the parts have when each is compressed alone. So the rows add up to the module, and code that repeats itself counts for less.
 */
export async function weigh(wasm, lines, least = LEAST) {
  const names = lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.slice(line.indexOf(' ') + 1));
  const { functions, exported, data, rest } = readModule(wasm);
  const imported = names.length - functions.length;
  const parts = new Map();
  const add = (name, count, bytes) => {
    const part = parts.get(name) ?? { name, functions: 0, pieces: [] };
    part.functions += count;
    part.pieces.push(...bytes);
    parts.set(name, part);
  };
  functions.forEach((body, i) =>
    add(exported.has(imported + i) ? 'exports, with what was inlined into them' : partOf(names[imported + i]), 1, [body]),
  );
  add('data: the texts and tables of all parts', 0, data);
  add('types, imports, exports, tables', 0, rest);

  const size = ({ pieces }) => pieces.reduce((sum, piece) => sum + piece.length, 0);
  for (const part of [...parts.values()].filter((part) => size(part) < least)) {
    parts.delete(part.name);
    add(`parts of less than ${least} bytes each`, part.functions, part.pieces);
  }
  const rows = [...parts.values()];
  const alone = await Promise.all(rows.map(({ pieces }) => gzipped(Buffer.concat(pieces))));
  const share = (await gzipped(wasm)) / alone.reduce((sum, bytes) => sum + bytes, 0);
  return rows
    .map(({ name, functions, pieces }, i) => ({
      name,
      feature: featureOf(name),
      functions,
      raw: size({ pieces }),
      gzip: Math.round(alone[i] * share),
    }))
    .sort((a, b) => b.raw - a.raw);
}

const featureOf = (name) => FEATURES.find(([, parts]) => parts.test(name))?.[0] ?? 'other';

/** The same, summed up by what it is there for. */
export function featuresOf(rows) {
  const sums = new Map();
  for (const { feature, functions, raw, gzip } of rows) {
    const sum = sums.get(feature) ?? { name: feature, functions: 0, raw: 0, gzip: 0 };
    sums.set(feature, { name: feature, functions: sum.functions + functions, raw: sum.raw + raw, gzip: sum.gzip + gzip });
  }
  return [...sums.values()].sort((a, b) => b.gzip - a.gzip);
}

/**
 * The part that a function belongs to. What is generic belongs to the module of this crate for whose types it was made, wherever
 * its text stands; anything else to the crate that it comes from, and of the standard library to one of its modules.
 */
export function partOf(symbol) {
  const name = symbol.replaceAll(/\[[0-9a-f]{16}\]|::h[0-9a-f]{16}$/g, '');
  const own = /\bcountersign::([a-z_]\w*)(?:::(?:exports::)?([a-z_]\w*)(?=::))?/.exec(name);
  if (own) return own[2] && WIDE.has(own[1]) ? `countersign::${own[1]}::${own[2]}` : `countersign::${own[1]}`;
  const foreign = /\b([a-z_]\w*)::([a-z_]\w*)?/.exec(name);
  if (!foreign) return 'compiler’s own (copies, comparisons, 128-bit arithmetic)';
  const [, crate, module] = foreign;
  return ['core', 'alloc', 'std'].includes(crate) && module ? `${crate}::${module}` : crate;
}
