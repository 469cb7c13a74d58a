// A closed network: the Connect service and Vercel's issuer behind `globalThis.fetch`, and servers on 127.0.0.1.
import { createServer } from 'node:http';
import { mock } from 'node:test';
import { installPackage } from './package-under-test.mjs';

await installPackage();

export const { createTestConnect, createTestIssuer } = await import('countersign/testing');
export const { clearCredentials } = await import('countersign/exchange');

export const PROJECT = 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3';
export const realFetch = globalThis.fetch;

/** The entry of a name, here and in the original. */
export const entry = async (name) => ({
  ours: await import(`countersign/connect/${name}`),
  theirs: await import(`@vercel/connect/${name}`),
});

/**
 * Puts a Connect service behind `globalThis.fetch`, and the identity of a production deployment into the environment. `requests` has
 * what was sent to Vercel; every other host than 127.0.0.1 is refused.
 */
export async function createWorld({ connectors, tokenLifetime, also = [] } = {}) {
  const issuer = await createTestIssuer();
  const links = [{ projectId: PROJECT, environments: ['production'] }];
  const made = (connectors ?? [{ uid: 'oauth/linear', users: ['ada'] }]).map((connector) => ({ links, ...connector }));
  const connect = createTestConnect({ issuer, connectors: made, ...(tokenLifetime && { tokenLifetime }) });
  const requests = [];
  const answers = [];
  mock.method(globalThis, 'fetch', async (input, init) => {
    const { hostname, href } = new URL(input instanceof Request ? input.url : input);
    if (hostname === '127.0.0.1') return realFetch(input, init);
    const request = new Request(input, init);
    const body = request.body ? await request.clone().text() : undefined;
    requests.push({ method: request.method, url: href, headers: Object.fromEntries(request.headers), body });
    const scripted = answers.shift();
    if (scripted) return scripted.clone();
    for (const { issuer: name, fetch } of also) if (href.startsWith(`${name}/.well-known/`)) return fetch(request);
    // The keys of all teams.
    if (href === 'https://oidc.vercel.com/.well-known/jwks') return Response.json(issuer.jwks);
    return hostname === 'oidc.vercel.com' ? issuer.fetch(request) : connect.fetch(request);
  });
  process.env.VERCEL_OIDC_TOKEN = await issuer.mint();
  process.env.VERCEL_PROJECT_ID = PROJECT;
  process.env.VERCEL_ENV = 'production';
  clearCredentials();
  return { issuer, connect, requests, answers };
}

export function endWorld() {
  mock.restoreAll();
  for (const name of ['VERCEL_OIDC_TOKEN', 'VERCEL_PROJECT_ID', 'VERCEL_ENV', 'VERCEL_TARGET_ENV', 'VERCEL_REGION'])
    delete process.env[name];
}

/** Serves a function of node:http on a free port; `hits` has the paths that were asked for. */
export async function listen(handler) {
  const hits = [];
  const server = createServer((request, response) => {
    hits.push(`${request.method} ${request.url}`);
    Promise.resolve(handler(request, response)).catch((error) => {
      response.writeHead(500).end(String(error));
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    hits,
    url: `http://127.0.0.1:${server.address().port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

/** The body of a request of node:http. */
export async function bodyOf(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}
