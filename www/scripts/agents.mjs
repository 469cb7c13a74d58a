// Sandboxes with a program in them that needs a credential, for the demo and the tests of the cron route.

import { readFile } from 'node:fs/promises';
import { requireFromApp } from './local.mjs';
import { CREDENTIALS, startSandboxApi } from './sandbox-api.mjs';

const { startupScript } = requireFromApp('countersign/refresh');
const { createVerifier } = requireFromApp('countersign');

/** As in lib/sandboxes.ts of the app. */
const KEY_FILE = '/vercel/sandbox/.credentials/key';
const START_SCRIPT = '/vercel/sandbox/start.sh';

/** Notes what it was given, and lives on. */
const PROGRAM = ['sh', '-c', 'echo "$AI_GATEWAY_API_KEY" >>/vercel/sandbox/seen; exec sleep 600'];

/** Starts the fake of the API, which takes only tokens that the issuer signed for this, and the sandboxes, each with a token that is about to expire. */
export async function startAgents(issuer, names) {
  const verifier = createVerifier({ issuer: issuer.issuer, audience: null, jwks: issuer.jwks });
  const api = await startSandboxApi({ accepts: (token) => verifier.verify(token).then(() => true, () => false) });
  for (const name of names) await startAgent(api, issuer, name);
  return {
    api,
    /** The tokens that the program of a sandbox was given, one after the other, once there are so many. */
    async seen(name, count) {
      const path = `${api.sandboxes.get(name).folder}/sandbox/seen`;
      for (;;) {
        const tokens = (await readFile(path, 'utf8').catch(() => '')).split('\n').filter(Boolean);
        if (tokens.length >= count) return tokens;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    stop: () => api.stop(),
  };
}

async function startAgent(api, issuer, name) {
  const { Sandbox } = requireFromApp('@vercel/sandbox');
  const env = { AI_GATEWAY_API_KEY: await issuer.mint({}, { expiresIn: 120 }) };
  const sandbox = await Sandbox.create({ ...CREDENTIALS, fetch: api.fetch, name, env });
  await sandbox.writeFiles([{ path: START_SCRIPT, content: startupScript({ command: PROGRAM, keyFile: KEY_FILE }), mode: 0o700 }]);
  await sandbox.runCommand({ cmd: 'sh', args: [START_SCRIPT], detached: true });
}
