// A fake of Vercel's REST API on 127.0.0.1: the environment variables of projects, with the rules that Vercel documents
// or is seen to keep. That `@vercel/sdk` understands it, and that it understands `@vercel/sdk`, is tested in contract.test.mjs.
import { once } from 'node:events';
import { createServer } from 'node:http';

const STANDARD = ['production', 'preview', 'development'];
const TYPES = ['encrypted', 'plain', 'sensitive'];

/** What a request can be met with instead of an answer. */
const FAULTS = {
  /** The connection breaks before anything is done. */
  lost: (_answer, response) => response.destroy(),
  /** It is done, and the connection breaks. */
  'answer lost': (answer, response) => (answer(), response.destroy()),
  busy: (_answer, response) => send(response, 429, problem('rate_limited', 'too many requests'), { 'retry-after': '1' }),
  /** It is done, and the server fails. */
  'failed late': (answer, response) => (answer(), send(response, 500, problem('internal_server_error', 'an error'))),
};

/**
 * Starts the fake. `projects` are names or ids, `team` is the one team that has them, as `{ id, slug }`; with `pageSize`
 * lists come in pages.
 */
export async function startVercelApi({ token = 'test-token', team, projects = ['site'], pageSize = 100, customEnvironments = [] } = {}) {
  const stores = new Map(projects.map((project) => [project, []]));
  const requests = [];
  let faults = () => undefined;
  let clock = 1_700_000_000_000;

  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const url = new URL(request.url, 'http://fake');
    const number = requests.length;
    requests.push({
      method: request.method,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
      body: text && JSON.parse(text),
    });
    const answer = () => carryOut(request, url, text);
    const fault = faults(number, requests[number]);
    if (fault) return FAULTS[fault](answer, response);
    const { status, body } = answer();
    send(response, status, body);
  });

  function carryOut(request, url, text) {
    if (request.headers.authorization !== `Bearer ${token}`) return { status: 403, body: problem('forbidden', 'Not authorized') };
    if (team && url.searchParams.get('teamId') !== team.id && url.searchParams.get('slug') !== team.slug) {
      return { status: 403, body: problem('forbidden', 'You do not have access to the team') };
    }
    const [, version, name, id] = /^\/(v\d+)\/projects\/([^/]+)\/env(?:\/([^/]+))?$/.exec(url.pathname) ?? [];
    const store = stores.get(decodeURIComponent(name ?? ''));
    if (!store) return { status: 404, body: problem('not_found', 'Project not found') };
    const route = `${request.method} ${version}${id ? '/id' : ''}`;
    const body = text ? JSON.parse(text) : undefined;
    switch (route) {
      case 'GET v10':
        return list(store, url.searchParams);
      case 'POST v10':
        return create(store, body, url.searchParams.get('upsert') === 'true');
      case 'GET v1/id':
        return found(store, id, (row) => ({ status: 200, body: show(row, true) }));
      case 'PATCH v9/id':
        return found(store, id, (row) => edit(store, row, body));
      case 'DELETE v9/id':
        return found(store, id, (row) => (store.splice(store.indexOf(row), 1), { status: 200, body: show(row, false) }));
      case 'DELETE v1':
        return removeAll(store, body);
      default:
        return { status: 404, body: problem('not_found', `no endpoint ${route}`) };
    }
  }

  function list(store, query) {
    const until = Number(query.get('until') ?? Infinity);
    const rows = store.filter((row) => row.createdAt < until).sort((a, b) => b.createdAt - a.createdAt);
    const page = rows.slice(0, pageSize);
    const next = rows.length > page.length ? page.at(-1).createdAt : null;
    const envs = page.map((row) => ({ ...show(row, query.get('decrypt') === 'true'), securityIssues: [] }));
    return { status: 200, body: { envs, pagination: { count: envs.length, next, prev: null } } };
  }

  function create(store, body, upsert) {
    const items = Array.isArray(body) ? body : [body];
    const [created, failed] = [[], []];
    for (const item of items) {
      const fault = check(item);
      const clash = fault ? undefined : store.find((row) => clashes(row, item));
      if (fault) failed.push(fault);
      else if (clash && !(upsert && sameSet(places(clash), places(item)))) failed.push({ ...conflict(item), envVarId: clash.id });
      else created.push(clash ? Object.assign(clash, written(item), { updatedAt: (clock += 1) }) : add(store, item));
    }
    if (!Array.isArray(body)) {
      return failed.length > 0
        ? { status: 400, body: { error: failed[0] } }
        : { status: 201, body: { created: show(created[0], false), failed: [] } };
    }
    return { status: 201, body: { created: created.map((row) => show(row, false)), failed: failed.map((error) => ({ error })) } };
  }

  function add(store, item) {
    clock += 1;
    const row = { id: `env${clock.toString(36)}`, ...written(item), createdAt: clock, updatedAt: clock };
    store.push(row);
    return row;
  }

  function edit(store, row, body) {
    const next = { ...row, ...written({ ...row, ...body }) };
    const fault = check(next) ?? (store.some((other) => other !== row && clashes(other, next)) ? conflict(next) : undefined);
    if (fault) return { status: fault.code === 'ENV_CONFLICT' ? 403 : 400, body: { error: fault } };
    Object.assign(row, next, { updatedAt: (clock += 1) });
    return { status: 200, body: show(row, false) };
  }

  function removeAll(store, { ids }) {
    const gone = store.filter((row) => ids.includes(row.id));
    for (const row of gone) store.splice(store.indexOf(row), 1);
    return { status: 200, body: { deleted: gone.length, ids: gone.map(({ id }) => id) } };
  }

  /** What Vercel refuses about one variable. */
  function check({ key, value, type, target = [], customEnvironmentIds = [], comment = '', gitBranch }) {
    const bad = (message) => ({ code: 'BAD_REQUEST', message, envVarKey: key, key });
    if (typeof key !== 'string' || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) return bad('The name contains invalid characters');
    if (typeof value !== 'string') return bad('The value must be a string');
    if (!TYPES.includes(type)) return bad('The type is unknown');
    if (comment.length > 500) return bad('The comment is too long');
    if (target.length + customEnvironmentIds.length === 0) return bad('There is no target');
    if (!target.every((name) => STANDARD.includes(name))) return bad('The target is unknown');
    if (!customEnvironmentIds.every((id) => customEnvironments.includes(id))) return bad('The custom environment is unknown');
    if (type === 'sensitive' && target.includes('development')) return bad('A sensitive variable cannot be for development');
    if (gitBranch && !sameSet(target, ['preview'])) return bad('A branch has previews only');
    return undefined;
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    token,
    /** Every request so far, as it came. */
    requests,
    /** A project's variables, with their values. */
    variables: (project = projects[0]) => stores.get(project),
    /** Adds a variable as a person would. */
    add: (item, project = projects[0]) => add(stores.get(project), { type: 'encrypted', target: STANDARD, ...item }),
    /** Decides which requests meet a fault: a function from number (from 0) and request to the name of one. */
    failWhen: (when) => void (faults = when),
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

const places = ({ target = [], customEnvironmentIds = [] }) => [...target, ...customEnvironmentIds];
const sameSet = (one, other) => one.length === other.length && one.every((item) => other.includes(item));
const clashes = (row, item) =>
  row.key === item.key &&
  (row.gitBranch ?? undefined) === (item.gitBranch ?? undefined) &&
  places(row).some((place) => places(item).includes(place));
const problem = (code, message) => ({ error: { code, message } });
const conflict = ({ key, target }) => ({
  code: 'ENV_CONFLICT',
  message: 'Another Environment Variable with the same name and environment exists',
  envVarKey: key,
  key,
  target,
});

const written = ({ key, value, type, target = [], customEnvironmentIds = [], comment, gitBranch }) => ({
  key,
  value,
  type,
  target,
  customEnvironmentIds,
  comment,
  gitBranch,
});

/** A variable as the API shows it: without the value where it must not be seen. */
function show({ value, ...row }, decrypt) {
  const readable = row.type === 'plain' || (decrypt && row.type === 'encrypted');
  const cipher = Buffer.from(`sealed ${row.id}`).toString('base64');
  return { ...row, value: readable ? value : row.type === 'sensitive' ? '' : cipher, decrypted: readable };
}

function found(store, id, then) {
  const row = store.find((row) => row.id === id);
  return row ? then(row) : { status: 404, body: problem('not_found', 'Environment Variable not found') };
}

function send(response, status, body, headers = {}) {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'x-vercel-id': 'fra1::fake', ...headers });
  response.end(JSON.stringify(body));
}
