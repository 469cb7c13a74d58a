// A developer's machine and Vercel behind it, as far as the development refresh sees them: a linked folder, a login of the
// command line, a fake of the command itself, and answers of Vercel's API. Nothing leaves the test.
import { chmod, mkdir, mkdtemp, readFile, readdir, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const TEAM = 'team_7Gw5ZMzpQA8h90F832KGp7nwbuh3';
export const PROJECT = 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3';

const DISCOVERY = 'https://vercel.com/.well-known/openid-configuration';
const TOKEN_ENDPOINT = 'https://api.vercel.com/login/oauth/token';

/** Where the tests run. A test may have several machines, which are taken away one after the other. */
const HOME = process.cwd();

/** A machine of its own for each test, and the process moved into its project; `after` takes everything away. */
export async function makeMachine(t, issuer) {
  // The working folder is known by its real name.
  const root = await realpath(await mkdtemp(join(tmpdir(), 'countersign-')));
  t.after(async () => {
    process.chdir(HOME);
    await rm(root, { recursive: true, force: true });
  });
  const path = (...names) => join(root, ...names);
  const write = async (file, content) => {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  };
  const login = path('data/com.vercel.cli/auth.json');
  const machine = {
    path,
    write,
    login,
    /** Where the package keeps the token of a project. */
    kept: (project = PROJECT, team = TEAM) => path('data/com.vercel.token', team, `${project}.json`),
    env: { XDG_DATA_HOME: path('data'), HOME: path('home'), PATH: path('bin') },
    link: (link = { projectId: PROJECT, orgId: TEAM }) => write(path('project/.vercel/project.json'), link),
    logIn: (auth = { token: 'cli-token', userId: 'user_1' }) => write(login, auth),
    readJson: async (file) => JSON.parse(await readFile(file, 'utf8')),
    mode: async (file) => (await stat(file)).mode & 0o777,
    /** Every file below the machine's root, by its name. */
    files: async () =>
      (await readdir(root, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile())
        .map(({ name }) => name)
        .sort(),
    /** Puts a `vercel` on the search path: it writes down its arguments, then does what it is told to. */
    async command(script) {
      await write(path('bin/vercel'), `#!/bin/sh\nprintf '%s\\n' "$@" > '${path('arguments')}'\n${script}\n`);
      await chmod(path('bin/vercel'), 0o755);
    },
    vercel: makeVercel(issuer),
  };
  await mkdir(path('project/src/deep'), { recursive: true });
  await mkdir(path('home'));
  process.chdir(path('project/src/deep'));
  return machine;
}

/** Vercel's login and API. `answers` may be replaced for each path; `requests` has what was asked. */
function makeVercel(issuer) {
  const requests = [];
  let number = 0;
  const vercel = {
    requests,
    /** How many requests went to this part of an address. */
    count: (part) => requests.filter(({ url }) => url.includes(part)).length,
    answers: {
      discovery: async () => Response.json({ issuer: 'https://vercel.com', token_endpoint: TOKEN_ENDPOINT }),
      renew: async () =>
        Response.json({ access_token: `renewed-${++number}`, token_type: 'Bearer', expires_in: 3600, refresh_token: `next-${number}` }),
      token: async ({ project, team }) =>
        Response.json({
          token: await issuer.mint({ environment: 'development', project_id: project, owner_id: team ?? TEAM, jti: `fetched-${++number}` }),
        }),
    },
    async fetch(input, init = {}) {
      const url = String(input);
      const headers = new Headers(init.headers);
      requests.push({ url, method: init.method, authorization: headers.get('authorization'), body: init.body });
      if (url === DISCOVERY) return vercel.answers.discovery();
      if (url === TOKEN_ENDPOINT) return vercel.answers.renew(new URLSearchParams(init.body));
      const [, project] = /^https:\/\/api\.vercel\.com\/v1\/projects\/([^/]+)\/token\?source=vercel-oidc-refresh/.exec(url) ?? [];
      if (!project) throw new TypeError(`nothing is served at ${url}`);
      return vercel.answers.token({ project, team: new URL(url).searchParams.get('teamId') ?? undefined });
    },
  };
  return vercel;
}

/** Everything that a program may do to show a value, in one text. */
export function shown(value, { inspect }) {
  return [
    String(value),
    value?.stack,
    JSON.stringify(value),
    JSON.stringify({ ...value }),
    inspect({ value }, { depth: null, showHidden: true, getters: true, maxStringLength: null }),
    value?.cause === undefined ? '' : shown(value.cause, { inspect }),
  ].join('\n');
}
