// examples/next, in a copy that has the packed package: built without a variable, then called as its README says.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
// `cargo xtask test platform` installs it there.
const app = fileURLToPath(new URL('../../target/examples/next', import.meta.url));
const next = join(app, 'node_modules/next/dist/bin/next');
const commandLine = join(app, 'node_modules/countersign/dist/cli/main.js');
const plain = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(VERCEL|TRUSTED)_/.test(name)));

/** Starts a program, and resolves to the first text that it prints which matches. */
async function start(args, env, ready) {
  const program = spawn(process.execPath, args, { cwd: app, env: { ...plain, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
  const found = await new Promise((resolve, reject) => {
    let text = '';
    program.stdout.on('data', (data) => {
      text += data;
      const match = ready.exec(text);
      if (match) resolve(match);
    });
    program.on('exit', () => reject(new Error(text)));
  });
  return { found, stop: () => program.kill() };
}
const mint = async (...args) => (await run(process.execPath, [commandLine, 'issuer', '--mint', ...args])).stdout.trim();

test('the lock file takes the package from the local tarball, and from no registry', async () => {
  const { dependencies } = JSON.parse(await readFile(join(app, 'package.json'), 'utf8'));
  const { packages } = JSON.parse(await readFile(join(app, 'package-lock.json'), 'utf8'));
  const found = Object.entries(packages).filter(
    ([name, { resolved }]) => `${name} ${resolved}`.includes('countersign-') || name.endsWith('/countersign'),
  );
  assert.match(dependencies.countersign, /^\d+\.\d+\.\d+$/);
  assert.deepEqual(
    found.map(([name, { version, resolved }]) => [name, version, resolved]),
    [['node_modules/countersign', dependencies.countersign, `file:../../../pkg/countersign-${dependencies.countersign}.tgz`]],
  );
  assert.deepEqual(packages[''].dependencies, dependencies);
});

describe('the app of examples/next', () => {
  let issuer, server, url;
  before(
    async () => {
      await run(process.execPath, [next, 'build'], { cwd: app, env: { ...plain, NEXT_TELEMETRY_DISABLED: '1' } }).catch(
        ({ stdout, stderr }) => {
          throw new Error(`${stdout}\n${stderr}`);
        },
      );
      issuer = await start([commandLine, 'issuer', '--port', '0', '--json'], {}, /http:\/\/127\.0\.0\.1:\d+\/acme\/\.well-known\/jwks/);
      const example = Object.fromEntries(
        (await readFile(join(app, '.env.example'), 'utf8'))
          .split('\n')
          .filter((line) => /^\w+=/.test(line))
          .map((line) => line.split('=')),
      );
      assert.match(example.TRUSTED_JWKS_URL, /^http:\/\/127\.0\.0\.1:8787\//);
      server = await start(
        [next, 'start', '-p', '0', '-H', '127.0.0.1'],
        { ...example, TRUSTED_JWKS_URL: issuer.found[0] },
        /(http:\/\/127\.0\.0\.1:\d+)[^]*Ready/,
      );
      url = server.found[1];
    },
    { timeout: 240_000 },
  );
  after(() => {
    server?.stop();
    issuer?.stop();
  });
  const ask = (path, token) => fetch(url + path, { headers: token ? { authorization: `Bearer ${token}` } : {} });

  test('lets a caller with a token of the project in, in the route and in the proxy', async () => {
    const token = await mint();
    const response = await ask('/api/hello', token);
    assert.equal(response.status, 200);
    assert.equal((await response.json()).hello, 'owner:acme:project:acme_website:environment:production');
    assert.match(await (await ask('/internal', token)).text(), /Only verified callers see this/);
  });

  test('refuses a caller without a token, with an expired one, and of another environment', async () => {
    for (const token of [undefined, await mint('--expires-in', '-60'), await mint('--claim', 'environment=preview')]) {
      for (const path of ['/api/hello', '/internal']) {
        const response = await ask(path, token);
        assert.equal(response.status, 401, path);
        assert.match(response.headers.get('www-authenticate'), /^Bearer/);
        assert.doesNotMatch(await response.text(), /Only verified/);
      }
    }
  });

  test('its front page and its health report answer without a token', async () => {
    assert.match(await (await ask('/')).text(), /Countersign example/);
    const report = await (await ask('/api/health')).json();
    assert.ok(Array.isArray(report.sources) && report.sources.length > 0);
  });
});
