// Installs the packed tarball, once a run, into a project of its own: what is tested is what would be published.
import { cp, mkdir, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { command } from './runtimes/command.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const pkg = fileURLToPath(new URL('../../pkg', import.meta.url));

/** The packed package. */
export async function tarball() {
  const name = (await readdir(pkg)).find((file) => file.endsWith('.tgz'));
  if (!name) throw new Error('there is no tarball in pkg/: run `cargo xtask build`');
  return join(pkg, name);
}

/** Unpacks the package into node_modules beside a module; not locked, since its hash changes with every build. */
export async function unpackPackage(beside) {
  const folder = fileURLToPath(new URL('node_modules/countersign', beside));
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await command('tar', ['-xzf', await tarball(), '--strip-components=1', '-C', folder]);
}

/** A new project with the package installed, and the suite beside it; `name` keeps test files apart. */
export async function installProject(name) {
  const project = fileURLToPath(new URL(`../../target/js-tests/${name}`, import.meta.url));
  await rm(project, { recursive: true, force: true });
  await mkdir(project, { recursive: true });
  await cp(join(here, 'project'), project, { recursive: true });
  for (const path of ['suite.mjs', 'cases', 'harness.mjs']) await cp(join(here, path), join(project, path), { recursive: true });
  await writeAttacks(project);
  await writeFile(join(project, 'package.json'), JSON.stringify({ name, private: true, type: 'module' }));
  await installPackage(project);
  await writeEntries(project);
  return project;
}

/** Writes the table of attacks as a module: not every engine imports JSON, and a page under a content security policy does not. */
export async function writeAttacks(folder) {
  const table = await readFile(join(here, '../attacks/table.json'), 'utf8');
  await writeFile(join(folder, 'attacks-table.mjs'), `export default JSON.parse(${JSON.stringify(table)});\n`);
}

/** Installs the tarball, or links the package that tests/mutants-wrapper has made. */
async function installPackage(project) {
  const mutated = process.env.COUNTERSIGN_MUTATED;
  if (mutated) {
    await mkdir(join(project, 'node_modules'));
    return symlink(mutated, join(project, 'node_modules/countersign'));
  }
  const flags = ['--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund', '--offline'];
  // Not locked: the tarball's hash changes with every build.
  return command('npm', ['install', ...flags, await tarball()], { cwd: project });
}

/** The names under which the package's entries reach the cases, with what one imports: `vercelOidc` is `countersign/vercel-oidc`. */
export async function entriesOf(project) {
  const { exports } = JSON.parse(await readFile(join(project, 'node_modules/countersign/package.json'), 'utf8'));
  const names = Object.keys(exports).filter((subpath) => subpath !== './package.json');
  return names.map((subpath) => [
    subpath === '.' ? 'countersign' : subpath.slice(2).replace(/[-/](.)/g, (_, letter) => letter.toUpperCase()),
    `countersign${subpath.slice(1)}`,
  ]);
}

/** The names of the package's WebAssembly modules, such as `verify_bg.wasm`, in alphabetical order. */
export async function modulesOf(project) {
  return (await readdir(join(project, 'node_modules/countersign/dist'))).filter((file) => file.endsWith('.wasm')).sort();
}

/** Modules with every public entry, for the suite and for the type-checker: no entry is forgotten. */
async function writeEntries(project) {
  const entries = await entriesOf(project);
  const modules = entries.map(([name, entry]) => `export * as ${name} from '${entry}';\n`).join('');
  await writeFile(join(project, 'entries.mjs'), modules);
  await writeFile(join(project, 'types/entries.mts'), modules);
  await writeFile(join(project, 'entries.cjs'), entries.map(([name, entry]) => `exports.${name} = require('${entry}');\n`).join(''));
  await writeFile(
    join(project, 'types/entries.cts'),
    entries.map(([name, entry]) => `export import ${name} = require('${entry}');\n`).join(''),
  );
}
