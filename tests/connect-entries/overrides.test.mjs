// docs/migrate-from-vercel-connect.md, done: packages that import `@vercel/connect` by name get this package.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { tarball } from '../js/install.mjs';

const run = promisify(execFile);
const page = await readFile(new URL('../../docs/migrate-from-vercel-connect.md', import.meta.url), 'utf8');
/** The entries of the original that this package has. */
const original = JSON.parse(await readFile(new URL('node_modules/@vercel/connect/package.json', import.meta.url), 'utf8'));

let project;
let entries;
before(async () => {
  project = await mkdtemp(join(tmpdir(), 'countersign-overrides-'));
  const file = await tarball();
  const { stdout } = await run('tar', ['-xzOf', file, 'package/package.json']);
  const ours = JSON.parse(stdout).exports;
  entries = Object.keys(original.exports).filter((subpath) => `./connect${subpath.slice(1)}` in ours);

  // The local package, as the page has it.
  const blocks = new Map(
    [...page.matchAll(/^`vercel-connect\/([\w.]+)`[^\n]*:\n\n```\w+\n(.*?)^```$/gms)].map(([, name, text]) => [name, text]),
  );
  assert.deepEqual([...blocks.keys()], ['package.json', 'index.js', 'mcp.js']);
  await mkdir(join(project, 'vercel-connect'));
  for (const [name, text] of blocks) await writeFile(join(project, 'vercel-connect', name), text);
  for (const name of entries.map((subpath) => subpath.slice(2)).filter(Boolean)) {
    await writeFile(join(project, 'vercel-connect', `${name}.js`), blocks.get('mcp.js').replace('mcp', name));
  }

  // A package that depends on the original and imports each entry.
  await mkdir(join(project, 'consumer'));
  const version = original.version;
  await writeFile(
    join(project, 'consumer/package.json'),
    JSON.stringify({
      name: 'consumer',
      version: '1.0.0',
      type: 'module',
      exports: './index.js',
      dependencies: { '@vercel/connect': version },
    }),
  );
  const names = entries.map((subpath) => `@vercel/connect${subpath.slice(1)}`);
  await writeFile(join(project, 'consumer/index.js'), names.map((name, index) => `export * as entry${index} from '${name}';\n`).join(''));
  await run('npm', ['pack', '--silent'], { cwd: join(project, 'consumer') });

  const [, manifest] = /Your `package\.json`.*?```json\n(.*?)^```$/ms.exec(page);
  const own = JSON.parse(manifest);
  await writeFile(
    join(project, 'package.json'),
    JSON.stringify({
      name: 'application',
      private: true,
      ...own,
      dependencies: { ...own.dependencies, countersign: `file:${file}`, consumer: 'file:consumer/consumer-1.0.0.tgz' },
    }),
  );
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], { cwd: project });
});
after(() => rm(project, { recursive: true, force: true }));

test('npm installs one version, and it is the local package', async () => {
  const { stdout } = await run('npm', ['ls', '@vercel/connect', '--json'], { cwd: project });
  const { dependencies } = JSON.parse(stdout);
  assert.match(dependencies['@vercel/connect'].resolved, /^file:.*\/vercel-connect$/);
  assert.equal(dependencies.consumer.dependencies['@vercel/connect'].version, original.version);
  await assert.rejects(readFile(join(project, 'node_modules/consumer/node_modules/@vercel/connect/package.json')), { code: 'ENOENT' });
});

test('each entry that a package imports is one of this package, with every export of the original', async () => {
  assert.ok(entries.length >= 7, `${entries}`);
  const script = `
    import * as consumer from 'consumer';
    const entries = ${JSON.stringify(entries)};
    const found = [];
    for (const [index, subpath] of entries.entries()) {
      const ours = await import('countersign/connect' + subpath.slice(1));
      const theirs = consumer['entry' + index];
      found.push([subpath, Object.keys(theirs), Object.keys(theirs).every((name) => theirs[name] === ours[name])]);
    }
    console.log(JSON.stringify(found));`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], { cwd: project });
  for (const [subpath, names, same] of JSON.parse(stdout)) {
    assert.ok(same, subpath);
    const wanted = Object.keys(await import(`@vercel/connect${subpath.slice(1)}`));
    assert.deepEqual(
      wanted.filter((name) => !names.includes(name)),
      [],
      subpath,
    );
  }
});

test('a package that depends on the original gets tokens through this one', async () => {
  const script = `
    import { createTestConnect, createTestIssuer } from 'countersign/testing';
    import { entry0 } from 'consumer';
    const issuer = await createTestIssuer();
    const links = [{ projectId: 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3', environments: ['production'] }];
    const connect = createTestConnect({ issuer, connectors: [{ uid: 'a', links }] });
    globalThis.fetch = connect.fetch;
    const vercelToken = await issuer.mint();
    const all = Array.from({ length: 20 }, () => entry0.getToken('a', { subject: { type: 'app' } }, { vercelToken }));
    console.log(new Set(await Promise.all(all)).size, connect.billed);`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], { cwd: project });
  assert.equal(stdout, '1 1\n', 'the original makes 20 billed requests');
});
