// Route handlers, the proxy and a Server Action in Next.js: type-checked and built by both bundlers, then asked over HTTP.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { cp, rm } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { installPackage } from './package-under-test.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const next = fileURLToPath(new URL('node_modules/next/dist/bin/next', import.meta.url));

await installPackage();
const { createTestIssuer } = await import('countersign/testing');
const issuer = await createTestIssuer();
const projectId = 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3';
const good = await issuer.mint();

const TOKENS = {
  'a good token': [good, 200],
  'an expired token': [await issuer.mint({}, { expiresIn: -3600 }), 401],
  'the token of another project': [await issuer.mint({ project_id: 'prj_other' }), 401],
  'no token': [undefined, 401],
};

for (const bundler of ['webpack', 'turbopack']) {
  describe(bundler, () => {
    let server;
    let url;
    const app = `${here}.next-${bundler}`;
    // Each in a folder of its own: Next.js writes into it.
    const distDir = '.next';
    const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', DIST_DIR: distDir };

    before(async () => {
      await rm(app, { recursive: true, force: true });
      await cp(`${here}next`, app, { recursive: true, filter: (path) => !/[/\\]\.next/.test(path.slice(here.length)) });
      // The options are read at first use: none of the variables is set here.
      await promisify(execFile)(process.execPath, [next, 'build', app, `--${bundler}`], { cwd: app, env }).catch(({ stdout, stderr }) => {
        throw new Error(`${stdout}\n${stderr}`);
      });
      const given = { ...env, TEAM: 'acme', PROJECT_ID: projectId, JWKS: JSON.stringify(issuer.jwks) };
      server = spawn(process.execPath, [next, 'start', app, '-p', '0', '-H', '127.0.0.1'], {
        cwd: app,
        env: given,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      url = await new Promise((resolve, reject) => {
        let text = '';
        server.stdout.on('data', (data) => {
          text += data;
          const [address] = /http:\/\/127\.0\.0\.1:\d+/.exec(text) ?? [];
          if (address && text.includes('Ready')) resolve(address);
        });
        server.on('exit', () => reject(new Error(text)));
      });
    });
    after(() => server?.kill());

    const send = (path, token, init) =>
      fetch(url + path, { ...init, headers: { ...init?.headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) } });

    for (const [what, [token, status]] of Object.entries(TOKENS)) {
      test(`${what}: ${status}`, async () => {
        for (const path of ['/plain', '/items/7', '/files/a/b', '/proxied']) {
          const response = await send(path, token);
          assert.equal(response.status, status, path);
          if (status !== 200) assert.match(response.headers.get('www-authenticate'), /^Bearer/, path);
        }
      });
    }

    test('a handler gets the token beside the params', async () => {
      assert.equal(await (await send('/plain', good)).json(), 'acme_website');
      assert.deepEqual(await (await send('/items/7', good)).json(), ['/items/7', '7', 'acme_website']);
      assert.deepEqual(await (await send('/files/a/b', good)).json(), [['a', 'b'], 'acme_website']);
      assert.deepEqual(await (await send('/typed/7', await issuer.mint({ scope: 'write' }), { method: 'POST' })).json(), [
        '7',
        'acme_website',
      ]);
      assert.equal((await send('/typed/7', good, { method: 'POST' })).status, 403);
    });

    test('the proxy lets preflights through where it is told to', async () => {
      const headers = { origin: 'https://page.example', 'access-control-request-method': 'GET' };
      assert.equal((await send('/proxied', undefined, { method: 'OPTIONS', headers })).status, 204);
      assert.equal((await send('/proxied', undefined, { method: 'OPTIONS' })).status, 401);
    });

    test('the headers of a page and of its action are checked', async () => {
      assert.match(await (await send('/action', good)).text(), /acme_website/);
      assert.match(await (await send('/action')).text(), /unauthorized/);
    });
  });
}
