// Production builds of apps with a guard: made as a user makes them, started, and asked over HTTP.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { freePort } from '../js/runtimes/port.mjs';

/** Runs a script of Node.js, such as the command of a framework. What it printed is in the error if it fails. */
export async function runProgram(script, args, cwd, variables = {}) {
  const { JWKS: _, ...env } = { ...process.env, ...variables };
  await promisify(execFile)(process.execPath, [script, ...args], { cwd, env }).catch(({ stdout, stderr }) => {
    throw new Error(`${stdout}\n${stderr}`);
  });
}

/** Starts a server of Node.js, and waits until it accepts connections. */
export async function start(file, variables = {}) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, PORT: port, HOST: '127.0.0.1', ...variables },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit').then(([code]) => assert.fail(`the server has ended with code ${code}`));
  ended.catch(() => {});
  const answers = async () => {
    while (!(await fetch(url).catch(() => undefined))) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  await Promise.race([answers(), ended]);
  return { url, close: () => child.kill() };
}

/** Tests of a build whose route `/me` returns the claim `note` twice, as the handler and as the guard know it. */
export function describeBuild(name, build, issuer) {
  describe(name, () => {
    let server;
    before(async () => {
      server = await build();
    });
    after(() => server?.close());

    const tokens = {
      'a token of the project': [() => issuer.mint({ note: 'me' }), 200],
      'an expired token': [() => issuer.mint({}, { expiresIn: -3600 }), 401],
      'the token of another project': [() => issuer.mint({ project_id: 'prj_other' }), 401],
      'no token': [() => undefined, 401],
    };
    for (const [what, [mint, status]] of Object.entries(tokens)) {
      test(`${what}: ${status}`, async () => {
        const token = await mint();
        const response = await fetch(`${server.url}/me`, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
        assert.equal(response.status, status);
        const body = await response.json();
        if (status === 200) assert.deepEqual(body, ['me', 'me']);
        else assert.match(response.headers.get('www-authenticate'), /^Bearer/);
      });
    }
  });
}
