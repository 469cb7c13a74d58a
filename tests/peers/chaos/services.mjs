// What the processes under load talk to, each service with faults that can be switched on: issuers, a token service, Redis.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { startRedis } from '../refresh/redis-server.mjs';

export const TEAMS = ['acme', 'globex'];
export const PROJECTS = ['prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3', 'prj_8Hw5ZMBpQA8h9GF832KGp7nwbuh4', 'prj_9Jw5ZMBpQA8h9GF832KGp7nwbuh5'];
export const ownerOf = (team) => `team_${team.padEnd(28, '0')}`;

/** What a service issues to an identity: only its own. */
export const keyOf = (...identity) => createHash('sha256').update(identity.join('\n')).digest('hex').slice(0, 16).toUpperCase();

/** How a service can behave; `undefined` is as it should. */
export const HTTP_FAULTS = ['down', 'error', 'html', 'slow', 'cut'];

/** Starts everything on 127.0.0.1. `createTestIssuer` is the package's. */
export async function startServices(createTestIssuer) {
  const issuers = new Map();
  for (const team of TEAMS) issuers.set(team, await createTestIssuer({ issuer: `https://oidc.vercel.com/${team}` }));

  const keys = await startService((request) => {
    const issuer = issuers.get(request.url.slice(1));
    return { status: 200, type: 'application/json', body: JSON.stringify(issuer.jwks) };
  });

  const tokens = await startService((_request, form, fault) => {
    const subject = claimsOf(form.get('WebIdentityToken') ?? form.get('subject_token'));
    // A service that quotes what it was sent, as some do.
    if (fault === 'quote') {
      return {
        status: 400,
        type: 'application/json',
        body: JSON.stringify({ error: 'invalid_request', error_description: `got ${form}` }),
      };
    }
    const lifetime = Number(form.get('RoleArn')?.match(/role\/live-(\d+)$/)?.[1] ?? 3600);
    if (form.has('WebIdentityToken')) return { status: 200, type: 'text/xml', body: awsKeys(subject, form.get('RoleArn'), lifetime) };
    const access_token = `token-${keyOf(subject.iss, subject.sub, form.get('audience'))}`;
    return {
      status: 200,
      type: 'application/json',
      body: JSON.stringify({
        access_token,
        issued_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        token_type: 'Bearer',
        expires_in: 3600,
      }),
    };
  });

  // Free of faults: mints for the processes, as Vercel would hand tokens to them.
  const control = createServer(async (request, response) => {
    const { team, project, environment, expiresIn } = Object.fromEntries(new URL(request.url, 'http://127.0.0.1').searchParams);
    const claims = {
      owner: team,
      owner_id: ownerOf(team),
      project,
      project_id: project,
      environment,
      sub: `owner:${team}:project:${project}:environment:${environment}`,
      aud: `https://vercel.com/${team}`,
    };
    response.end(await issuers.get(team).mint(claims, { expiresIn: Number(expiresIn) }));
  });
  await once(control.listen(0, '127.0.0.1'), 'listening');

  const redis = await startRedis();
  const state = { redis };
  return {
    issuers,
    keys,
    tokens,
    keysUrl: keys.url,
    tokensUrl: tokens.url,
    controlUrl: `http://127.0.0.1:${control.address().port}/`,
    redisUrl: redis.url,
    redis: () => state.redis,
    async restartRedis() {
      await state.redis.stop();
      state.redis = await startRedis({ port: redis.port });
    },
    async stop() {
      for (const server of [keys, tokens]) server.stop();
      control.closeAllConnections();
      control.close();
      await state.redis.stop();
    },
  };
}

/**
 * A server with a fault that can be set, and a count of its requests. `refuse` closes its port, so that connections are refused,
 * until `listen`.
 */
export async function startService(answer) {
  const service = { fault: undefined, requests: 0 };
  const server = createServer(async (request, response) => {
    service.requests += 1;
    const { fault } = service;
    let text = '';
    for await (const chunk of request) text += chunk;
    if (fault === 'down') return request.socket.destroy();
    if (fault === 'error') return response.writeHead(503).end('unavailable');
    if (fault === 'html') return response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Sign in</title>');
    if (fault === 'slow') await new Promise((resolve) => setTimeout(resolve, 800));
    const { status, type, body } = answer(request, new URLSearchParams(text), fault);
    response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
    if (fault !== 'cut') return response.end(body);
    response.write(body.slice(0, body.length / 2), () => request.socket.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address();
  service.url = `http://127.0.0.1:${port}/`;
  service.stop = service.refuse = () => {
    server.closeAllConnections();
    server.close();
  };
  service.listen = () => once(server.listen(port, '127.0.0.1'), 'listening');
  return service;
}

function awsKeys({ iss, sub }, role, lifetime) {
  const id = `ASIA${keyOf(iss, sub, role)}`;
  const expires = new Date(Date.now() + lifetime * 1000).toISOString();
  return `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/chaos/x</Arn></AssumedRoleUser><Credentials><AccessKeyId>${id}</AccessKeyId><SecretAccessKey>secret-${id}</SecretAccessKey><SessionToken>session-${id}</SessionToken><Expiration>${expires}</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;
}

const claimsOf = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());

/** Mulberry32: the same numbers for the same seed. */
export function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}
