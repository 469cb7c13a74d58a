// Sandboxes with a program in them that calls the AI Gateway, for the demo and the tests of the cron route.

import { readFile, writeFile } from 'node:fs/promises';
import { AGENT, AGENT_PROGRAM } from './agent-program.mjs';
import { requireFromApp } from './local.mjs';
import { CREDENTIALS, startSandboxApi } from './sandbox-api.mjs';
import { startTokenGate } from './token-gate.mjs';

const { createVerifier } = requireFromApp('countersign');

/**
 * Starts the fake of the API, which takes only tokens that the issuer signed, what stands for the gateway, and the sandboxes. Their policies have a token
 * that has expired.
 */
export async function startAgents(issuer, names) {
  const verifier = createVerifier({ issuer: issuer.issuer, audience: null, jwks: issuer.jwks });
  const gateway = await startTokenGate(verifier);
  const accepts = (token) =>
    verifier.verify(token).then(
      () => true,
      () => false,
    );
  const api = await startSandboxApi({ accepts, hosts: { 'ai-gateway.vercel.sh': gateway.url } });
  for (const name of names) await startAgent(api, issuer, name);
  return {
    api,
    /** Runs the program in a sandbox; resolves to the statuses that it got from the gateway, and the token that the gateway got last. */
    async ask(name) {
      const answers = `${api.sandboxes.get(name).folder}/sandbox/answers`;
      await writeFile(answers, '');
      const sandbox = await getSandbox(api, name);
      await sandbox.runCommand({ cmd: process.execPath, args: [AGENT] });
      const statuses = (await readFile(answers, 'utf8'))
        .trim()
        .split('\n')
        .map((line) => Number(line.split(' ')[2]));
      return { statuses, token: gateway.requests.at(-1)?.token };
    },
    stop: () => Promise.all([api.stop(), gateway.stop()]),
  };
}

const getSandbox = (api, name) => requireFromApp('@vercel/sandbox').Sandbox.get({ ...CREDENTIALS, fetch: api.fetch, name, resume: false });

async function startAgent(api, issuer, name) {
  const { Sandbox } = requireFromApp('@vercel/sandbox');
  const headers = { authorization: `Bearer ${await issuer.mint({}, { expiresIn: -60 })}` };
  const sandbox = await Sandbox.create({
    ...CREDENTIALS,
    fetch: api.fetch,
    name,
    env: { AI_GATEWAY_API_KEY: 'set-by-the-firewall' },
    networkPolicy: { allow: { 'ai-gateway.vercel.sh': [{ transform: [{ headers }] }] } },
  });
  await sandbox.writeFiles([{ path: AGENT, content: AGENT_PROGRAM }]);
}
