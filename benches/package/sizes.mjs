// Sizes: of the modules as they are shipped, and of what a bundler makes of the JavaScript around it.
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { build } from 'esbuild';

const gzipped = async (bytes) => (await promisify(gzip)(bytes, { level: 9 })).length;
const brotlied = async (bytes) =>
  (
    await promisify(brotliCompress)(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    })
  ).length;

/** A kibibyte is meant where issue and table say KB. */
const KIB = 1024;

/** The WebAssembly modules, in the order of the rows. */
const MODULES = ['verify', 'credentials', 'inspect'];

/** `{ name, raw, gzip, brotli, target? }` in bytes, for the modules and for each entry; targets are of `gzip`. */
export async function sizes(project) {
  const installed = join(project, 'node_modules/countersign');
  const { exports } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'));
  const entries = Object.keys(exports).filter((entry) => entry !== './package.json');
  // The test issuer, and what only people and build machines ask, are no part of what goes into production.
  const apart = ['./testing', './inspect', './infra', './explain'];
  const named = (entry) => `countersign${entry.slice(1)}`;
  const shipped = entries.filter((entry) => !apart.includes(entry)).map(named);

  const rows = [];
  for (const name of MODULES) {
    rows.push(await row(`wasm ${name}`, await readFile(join(installed, `dist/${name}_bg.wasm`)), name === 'verify' ? 150_000 : undefined));
  }
  rows.push(
    await row('main entry with a verifier, bundled', await bundle(project, ['countersign'], { names: 'createVerifier', modules: true })),
  );
  for (const entry of shipped) rows.push(await row(`JavaScript of ${entry}`, await bundle(project, [entry])));
  rows.push(await row('JavaScript of all entries', await bundle(project, shipped), 12 * KIB));
  rows.push(
    await row(
      'jose, for comparison',
      await bundle(project, ['jose'], { names: 'createLocalJWKSet, createRemoteJWKSet, decodeJwt, jwtVerify' }),
    ),
  );
  return rows;
}

async function row(name, bytes, target) {
  return { name, raw: bytes.length, gzip: await gzipped(bytes), brotli: await brotlied(bytes), target };
}

/**
 * What esbuild makes of an application that uses all of these entries: what is loaded with it, without the modules themselves
 * unless `modules` is true. `names`: what it uses of them. Default: everything.
 */
async function bundle(project, entries, { names = '*', modules = false } = {}) {
  const what = names === '*' ? names : `{ ${names} }`;
  const { outputFiles, metafile } = await build({
    absWorkingDir: project,
    outdir: 'bundle',
    splitting: true,
    metafile: true,
    stdin: {
      contents: entries.map((entry, i) => `export ${what === '*' ? `* as e${i}` : what} from '${entry}';`).join('\n'),
      resolveDir: project,
    },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external: ['node:*'],
    plugins: modules ? [] : [withoutModules],
  });
  const { outputs } = metafile;
  const texts = new Map(outputFiles.map(({ path, contents }) => [relative(project, path), contents]));
  // Parts that are imported when they are needed, such as what reads a developer's files, are no part of a page.
  const loaded = new Set([Object.keys(outputs).find((path) => outputs[path].entryPoint === '<stdin>')]);
  for (const path of loaded)
    for (const { path: next, kind } of outputs[path].imports) if (kind === 'import-statement' && texts.has(next)) loaded.add(next);
  return Buffer.concat([...loaded].map((path) => texts.get(path)));
}

/** Each module counts by itself, once, however it is loaded. */
const withoutModules = {
  name: 'without the modules',
  setup: ({ onLoad }) => onLoad({ filter: /load[\\/]\w+[\\/]bytes\.js$/ }, () => ({ contents: "export default ''" })),
};
