// `countersign connect` and `syncConnectors` against the Connect service for tests, over HTTP; and `@vercel/sdk`, Vercel's own client, as
// a client of the same service.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, before, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { Vercel } from '@vercel/sdk';
import { createTestConnect, createTestIssuer, infra } from './package.mjs';

const PROGRAM = fileURLToPath(new URL('../../pkg/dist/cli/main.js', import.meta.url));
const TEAM = 'team_7Gw5ZMzpQA8h90F832KGp7nwbuh3';
const ACCESS = 'test-access-token';
const SECRET = 'sl4ck-cl13nt-s3cr3t';
const [SITE, SHOP] = ['prj_site', 'prj_shop'];
const BOT = 'slack/acme-bot';

let issuer;
let service;
let server;
let folder;
let printed;
before(async () => {
  issuer = await createTestIssuer();
});
beforeEach(async () => {
  service = createTestConnect({
    issuer,
    accessToken: ACCESS,
    connectors: [
      {
        uid: BOT,
        type: 'slack',
        links: [
          { projectId: SITE, environments: ['production'] },
          { projectId: SHOP, environments: ['production', 'preview'] },
        ],
        triggerDestinations: [{ projectId: SITE, path: '/api/slack' }],
      },
      { uid: 'github/acme', type: 'github', links: [], triggers: false },
    ],
  });
  server = await service.listen();
  folder = await mkdtemp(join(tmpdir(), 'connect-'));
  printed = '';
});
afterEach(async () => {
  // Whatever a test does: neither the access token nor a secret is ever printed.
  assert.ok(!printed.includes(ACCESS) && !printed.includes(SECRET), printed);
  await Promise.all([server.close(), rm(folder, { recursive: true })]);
});

const bot = () => service.connectors.find(({ uid }) => uid === BOT);
const sync = (connectors, more) =>
  infra.syncConnectors({ team: 'acme', token: ACCESS, apiUrl: server.url, connectors: structuredClone(connectors), ...more });

/** Attaches another environment, replaces the destination, removes nothing else. */
const WANTED = {
  [BOT]: {
    projects: { [SITE]: ['production', 'preview'], [SHOP]: ['preview', 'production'] },
    triggerDestinations: [
      { projectId: SITE, path: '/api/slack' },
      { projectId: SITE, path: '/api/slack', branch: 'main' },
    ],
  },
};

async function run(args, { connectors = WANTED, env = {} } = {}) {
  await writeFile(join(folder, 'connect.json'), typeof connectors === 'string' ? connectors : JSON.stringify({ connectors }));
  const child = spawn(process.execPath, [PROGRAM, 'connect', ...args, '--api-url', server.url], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, VERCEL_TOKEN: ACCESS, VERCEL_ORG_ID: TEAM, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve) => child.on('close', resolve)),
  ]);
  printed += stdout + stderr;
  return { code, stdout, stderr, json: () => JSON.parse(stdout) };
}

describe('the command', () => {
  test('plan says what apply does, apply does it, and twice is once', async () => {
    const state = service.connectors;
    const plan = await run(['plan', '--json']);
    assert.deepEqual(plan.json(), {
      ok: true,
      dryRun: true,
      created: [],
      connections: [{ connector: BOT, projectId: SITE, before: ['production'], after: ['preview', 'production'] }],
      destinations: [
        {
          connector: BOT,
          before: [{ projectId: SITE, path: '/api/slack' }],
          after: [
            { projectId: SITE, path: '/api/slack' },
            { projectId: SITE, branch: 'main', path: '/api/slack' },
          ],
        },
      ],
      unchanged: [],
      missing: [],
    });
    assert.deepEqual(service.connectors, state, 'a plan changes nothing');
    const apply = await run(['apply', '--json']);
    assert.deepEqual([apply.code, { ...apply.json(), dryRun: true }], [0, plan.json()]);
    assert.deepEqual(bot().links[0], { projectId: SITE, environments: ['preview', 'production'] });
    assert.deepEqual(
      bot().triggerDestinations.map(({ branch }) => branch),
      [undefined, 'main'],
    );
    const again = await run(['apply', '--no-color']);
    assert.equal(again.stdout, 'Nothing to do, 1 unchanged.\n');
  });

  test('a person reads the whole set of destinations before and after', async () => {
    const { stdout, code } = await run(['plan', '--no-color'], {
      connectors: { [BOT]: { triggerDestinations: [{ projectId: SITE, path: '/new' }] }, 'oauth/none': {} },
    });
    assert.equal(code, 1, 'a connector is missing');
    assert.equal(
      stdout,
      [
        `~ ${BOT} trigger destinations to replace`,
        `  - ${SITE} production /api/slack`,
        `  + ${SITE} production /new`,
        '! oauth/none is missing, and its settings have no `create`',
        '1 change to make, 0 unchanged.',
        '',
      ].join('\n'),
    );
  });

  test('a removal needs a flag where no terminal can confirm it', async () => {
    const connectors = { [BOT]: { projects: { [SITE]: 'production' }, triggerDestinations: [] } };
    const state = service.connectors;
    const refused = await run(['apply', '--json'], { connectors });
    assert.deepEqual([refused.code, refused.json().error.option], [1, 'allowRemovals']);
    assert.match(
      refused.json().error.message,
      /^`allowRemovals` must be true to remove 3 settings, such as the environment preview of prj_shop from slack\/acme-bot$/,
    );
    assert.match(refused.stderr, /nothing was changed: .*--allow-removals/);
    const asText = await run(['apply', '--no-color'], { connectors });
    assert.match(asText.stdout, new RegExp(`^- ${BOT} ${SHOP} to detach: preview, production$`, 'm'));
    assert.deepEqual([asText.code, service.connectors], [1, state], 'nothing was changed');
    const done = await run(['apply', '--json', '--allow-removals'], { connectors });
    assert.deepEqual([done.code, bot().links, bot().triggerDestinations], [0, [{ projectId: SITE, environments: ['production'] }], []]);
  });

  test('a missing connector is created, with a secret from the environment that is never shown', async () => {
    const data = { appId: 'A1', appName: 'Acme', clientId: '1.2', clientSecret: { env: 'SLACK_SECRET' } };
    const connectors = {
      'slack/new': {
        create: { type: 'slack', triggers: true, data },
        projects: { [SITE]: ['production'] },
        triggerDestinations: [{ projectId: SITE, path: '/api/new' }],
      },
    };
    const missing = await run(['plan'], { connectors });
    assert.deepEqual([missing.code, missing.stderr.trim()], [1, 'countersign connect: the environment has no variable SLACK_SECRET']);
    const env = { SLACK_SECRET: SECRET };
    const made = await run(['apply', '--json'], { connectors, env });
    assert.deepEqual([made.code, made.json().created], [0, ['slack/new']], made.stderr);
    const { links, triggerDestinations, type } = service.connectors.at(-1);
    assert.deepEqual(
      [type, links, triggerDestinations],
      ['slack', [{ projectId: SITE, environments: ['production'] }], [{ projectId: SITE, path: '/api/new' }]],
    );
    assert.deepEqual((await run(['plan', '--json'], { connectors, env })).json().unchanged, ['slack/new']);
  });

  test('a file, an option or a token that is wrong is named', async () => {
    for (const [given, args, code, pattern] of [
      ['{', ['plan'], 1, /`connect.json` is not JSON/],
      ['{"connector": {}}', ['plan'], 1, /one member `connectors`/],
      [
        { [BOT]: { project: {} } },
        ['plan'],
        2,
        /unknown option `connectors.slack\/acme-bot.project`; did you mean `connectors.slack\/acme-bot.projects`/,
      ],
      [WANTED, ['plan', '--allow-removals'], 2, /goes with `apply`/],
      [WANTED, ['sync'], 2, /`plan` or `apply`/],
      [WANTED, ['plan', '--team', 'other'], 1, /refused a request about the connector `slack\/acme-bot`: forbidden/],
      [WANTED, ['plan', '--from', 'none.json'], 1, /none.json` cannot be read: it does not exist/],
    ]) {
      const result = await run(args, { connectors: given });
      assert.equal(result.code, code, result.stderr);
      assert.match(result.stderr, pattern);
    }
  });
});

describe('syncConnectors', () => {
  test('options are checked by name', async () => {
    const create = { type: 'slack', data: {} };
    for (const [option, connectors] of [
      ['connectors', {}],
      ['connectors', { '..': {} }],
      ['connectors.x.projects', { x: { projects: { site: 'production' } } }],
      ['connectors.x.projects.prj_1', { x: { projects: { prj_1: ['staging'] } } }],
      ['connectors.x.triggerDestinations', { x: { triggerDestinations: Array(4).fill({ projectId: SITE, path: '/' }) } }],
      ['connectors.x.triggerDestinations[0]', { x: { triggerDestinations: [{ projectId: SITE }] } }],
      ['connectors.x.triggerDestinations[0]', { x: { triggerDestinations: [{ projectId: 'site', path: '/' }] } }],
      [
        'connectors.x.triggerDestinations[0]',
        { x: { triggerDestinations: [{ projectId: SITE, path: '/', branch: 'b', customEnvironmentId: 'env_1' }] } },
      ],
      [
        'connectors.x.triggerDestinations[0]',
        { x: { projects: { [SITE]: 'production' }, triggerDestinations: [{ projectId: SITE, path: '/', branch: 'main' }] } },
      ],
      ['connectors.x.create', { x: { create: { data: {} } } }],
      ['connectors.x.create', { x: { create: { ...create, secret: SECRET } } }],
      ['connectors.x.create.data', { x: { create: { type: 'slack' } } }],
    ]) {
      await assert.rejects(sync(connectors), (error) => {
        assert.deepEqual([error.code, error.option], ['ERR_INVALID_OPTION', option]);
        assert.ok(!inspect(error).includes(SECRET));
        return true;
      });
    }
  });

  test('what was planned is what is done: a change in between is refused', async () => {
    const planned = await sync(WANTED, { dryRun: true });
    await sync({ [BOT]: { triggerDestinations: [{ projectId: SHOP, path: '/other' }] } }, { allowRemovals: true });
    const state = service.connectors;
    await assert.rejects(sync(WANTED, { planned, allowRemovals: true }), { code: 'ERR_INVALID_OPTION', option: 'planned' });
    assert.deepEqual(service.connectors, state);
    const anew = await sync(WANTED, { dryRun: true });
    assert.deepEqual(await sync(WANTED, { planned: anew, allowRemovals: true }), anew);
    assert.equal(bot().triggerDestinations.length, 2);
  });

  test('it comes to the same end whatever request fails, and may be cut off anywhere', async () => {
    const create = { type: 'slack', triggers: true, data: { clientSecret: SECRET } };
    const wanted = { ...WANTED, 'slack/new': { create, projects: { [SITE]: ['production'] } } };
    const links = [SITE, SHOP].map((projectId) => ({ projectId, environments: ['production'] }));
    /** A run in which the request at this index fails; resolves to the number of requests. */
    const attempt = async (fault, at) => {
      const fresh = createTestConnect({ issuer, accessToken: ACCESS, connectors: [{ uid: BOT, links }] });
      let sent = 0;
      const fetch = (url, init) => {
        if (sent++ === at) fresh.fail(fault);
        return fresh.fetch(url, init);
      };
      await sync(wanted, { apiUrl: undefined, fetch });
      const [old, made] = fresh.connectors;
      assert.deepEqual(
        old.links.map(({ environments }) => environments),
        Array(2).fill(['preview', 'production']),
      );
      assert.deepEqual([old.triggerDestinations.length, fresh.connectors.length], [2, 2]);
      assert.deepEqual([made.uid, made.links], ['slack/new', [{ projectId: SITE, environments: ['production'] }]]);
      return sent;
    };
    const whole = await attempt(undefined, -1);
    assert.equal(whole, 8);
    for (const fault of [{ status: 500 }, { cut: true }, { status: 429, retryAfter: 0 }])
      await Promise.all(Array.from({ length: whole }, (_, at) => attempt(fault, at)));
  });
});

describe('@vercel/sdk', () => {
  test('understands the service, and is understood by it', async () => {
    const { connect } = new Vercel({ bearerToken: ACCESS, serverURL: server.url });
    const team = { teamId: TEAM };
    const { connectors, pagination } = await connect.listConnectors({ ...team, limit: 1 });
    assert.deepEqual([connectors[0].uid, connectors[0].triggerDestinations], [BOT, [{ projectId: SITE, path: '/api/slack' }]]);
    assert.equal((await connect.listConnectors({ ...team, cursor: pagination.next })).connectors[0].uid, 'github/acme');
    assert.equal((await connect.getConnector({ ...team, connector: BOT })).id, bot().id);
    const listed = await connect.listConnectorProjectConnections({ ...team, connector: BOT });
    assert.deepEqual(
      listed.projects.map(({ project, enabledEnvironments }) => [project.id, enabledEnvironments]),
      [
        [SITE, ['production']],
        [SHOP, ['production', 'preview']],
      ],
    );
    await assert.rejects(
      connect.replaceConnectorTriggerDestinations({
        ...team,
        connector: 'github/acme',
        connectReplaceTriggerDestinationsRequest: { destinations: [{ projectId: SITE, path: '/x' }] },
      }),
      (error) => error.error.code === 'unprocessable_entity',
    );
    await assert.rejects(connect.getConnector({ slug: 'other', connector: BOT }), (error) => error.error.code === 'forbidden');
  });

  test('sends what syncConnectors sends', async () => {
    const requests = [];
    const proxy = createServer(async (request, response) => {
      const body = await text(request);
      const { pathname, searchParams } = new URL(request.url, server.url);
      requests.push([request.method, pathname, searchParams.get('teamId'), body && JSON.parse(body)]);
      const answer = await fetch(server.url + request.url, {
        method: request.method,
        headers: { authorization: request.headers.authorization },
        ...(body && { body }),
      });
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
    });
    await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${proxy.address().port}`;
    try {
      const create = { type: 'slack', triggers: true, data: { appId: 'A1', appName: 'Acme', clientId: '1.2', clientSecret: SECRET } };
      const destinations = [{ projectId: SITE, path: '/api/new', branch: 'main' }];
      const wanted = {
        'slack/new': { create, projects: { [SITE]: ['preview'] }, triggerDestinations: destinations },
        [BOT]: { projects: { [SITE]: ['production'] } },
      };
      await sync(wanted, { team: TEAM, apiUrl: url, allowRemovals: true });
      const ours = requests.splice(0).filter(([method]) => method !== 'GET');

      const { connect } = new Vercel({ bearerToken: ACCESS, serverURL: url });
      const team = { teamId: TEAM };
      const ignore = () => {};
      await connect
        .createConnector({ ...team, connectCreateConnectorRequest: { uid: 'slack/new', name: 'slack/new', ...create } })
        .catch(ignore);
      await connect
        .upsertConnectorProjectConnection({
          ...team,
          connector: 'slack/new',
          projectId: SITE,
          connectUpsertProjectConnectionRequest: { environments: ['preview'] },
        })
        .catch(ignore);
      await connect
        .replaceConnectorTriggerDestinations({
          ...team,
          connector: 'slack/new',
          connectReplaceTriggerDestinationsRequest: { destinations },
        })
        .catch(ignore);
      await connect.deleteConnectorProjectConnection({ ...team, connector: BOT, projectId: SHOP }).catch(ignore);
      assert.deepEqual(ours, requests);
      assert.equal(ours.length, 4);
    } finally {
      proxy.closeAllConnections();
      proxy.close();
    }
  });
});
