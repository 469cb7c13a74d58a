import { createRequire } from 'node:module';
// The command line as a person has it: typed into a shell in a real terminal, and read off the screen.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startVercelApi } from '../infra/vercel-api.mjs';
import { installProject } from './install.mjs';
import { command } from './runtimes/command.mjs';

const TMUX = process.env.TMUX_PROGRAM ?? 'tmux';
const SCREENS = fileURLToPath(new URL('../../target/cli-screens/', import.meta.url));
const socket = `countersign-${randomUUID()}`;
const tmux = (...args) => command(TMUX, ['-L', socket, '-f', '/dev/null', ...args]);

let project;
before(async () => {
  project = await installProject('terminal');
  await mkdir(SCREENS, { recursive: true });
  // What must not reach the program: this run's own wishes about colours.
  const clean = ['env', '-u', 'NO_COLOR', '-u', 'FORCE_COLOR', 'PS1=$ ', 'HISTFILE=', 'bash', '--noprofile', '--norc'];
  await tmux('new-session', '-d', '-x', '100', '-y', '200', '-c', project, ...clean);
  await type('PATH="$PWD/node_modules/.bin:$PATH"; countersign issuer --mint > token.jwt; countersign issuer --keys > keys.json');
});
after(() => tmux('kill-server'));

/**
 * Types a line, waits until the shell has done with it, and returns the screen with and without its colours. `answer` is typed
 * when a question stands there.
 */
async function type(line, name, answer) {
  let answered = answer === undefined;
  const mark = `done-${randomUUID().slice(0, 8)}`;
  // Cleared as a part of the line: what was typed before the shell was ready for it is on the screen twice.
  await tmux('send-keys', '-l', `clear; ${line}; echo ${mark.replace('-', '""-')}:$?`);
  await tmux('send-keys', 'Enter');
  for (let look = 0; look < 600; look++) {
    const text = await tmux('capture-pane', '-p', '-J');
    const end = new RegExp(`^${mark}:(\\d+)$`, 'm').exec(text);
    if (!answered && /\? \[y\/N\]/.test(text)) {
      answered = true;
      await tmux('send-keys', '-l', answer);
      await tmux('send-keys', 'Enter');
    }
    if (end) {
      const colored = await tmux('capture-pane', '-p', '-e');
      if (name) await writeFile(join(SCREENS, `${name}.ansi`), colored.trimEnd());
      return { text: text.slice(0, end.index), colored, code: Number(end[1]) };
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no end of \`${line}\` in sight:\n${await tmux('capture-pane', '-p', '-J')}`);
}

test('inspect: in words and in colours', async () => {
  const { text, colored, code } = await type('countersign inspect --file token.jwt', 'inspect');
  assert.equal(code, 0);
  assert.match(text, /Decoded, not verified/);
  assert.match(text, /oidc\.vercel\.com\/acme says that the caller is production of acme_website, owned by acme/);
  assert.match(text, /● in force, expires in/);
  assert.match(text, /project +acme_website += claim project/);
  assert.doesNotMatch(text, /`/, 'names are bold here, and need no quotes');
  assert.match(colored, /\x1b\[1m\x1b\[32m● in force|\x1b\[1;32m● in force|\x1b\[32m\x1b\[1m● in force/);
  assert.ok(text.split('\n').every((line) => line.length <= 96));
});

test('verify: accepted and refused, and the exit code', async () => {
  const policy = '--vercel --team acme --project prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3 --jwks keys.json --file token.jwt';
  const good = await type(`countersign verify ${policy} --environment production`, 'verify');
  assert.equal(good.code, 0);
  assert.match(good.text, /✔ verified with the key mrk-test-1, RS256/);
  const bad = await type(`countersign verify ${policy} --environment preview`, 'verify-refused');
  assert.equal(bad.code, 1);
  assert.match(bad.text, /✘ refused: claim environment is not/);
  assert.match(bad.text, /found +production\n +wanted +preview/);
});

test('env sync: asks before it removes variables, and changes nothing without a yes', async () => {
  const api = await startVercelApi();
  try {
    api.add({ key: 'OLD', value: '1', comment: 'Set by countersign, stack default: do not edit.' });
    await writeFile(join(project, 'outputs.json'), '{"NEW":"1"}');
    const line = `VERCEL_TOKEN=${api.token} countersign env sync --project site --from outputs.json --api-url ${api.url}`;
    for (const answer of ['', 'n', 'yess']) {
      const refused = await type(line, undefined, answer);
      assert.equal(refused.code, 1, answer);
      assert.match(
        refused.text,
        /- OLD +to remove \(development, preview, production\)\n1 to create, 1 to remove, 0 unchanged\.\npreview, production would need a new deployment: those that exist keep their variables\.\nRemove 1 variable, and make the other changes\? \[y\/N\]/,
      );
      assert.deepEqual(
        api.variables().map(({ key }) => key),
        ['OLD'],
      );
    }
    const agreed = await type(line, 'env-sync', 'y');
    assert.equal(agreed.code, 0);
    assert.match(agreed.text, /- OLD +removed/);
    assert.deepEqual(
      api.variables().map(({ key }) => key),
      ['NEW'],
    );
  } finally {
    await api.close();
  }
});

test('connect apply: shows the whole plan, asks before it removes, and changes nothing without a yes', async () => {
  const { createTestConnect, createTestIssuer } = createRequire(join(project, 'package.json'))('countersign/testing');
  const [projectId, accessToken, uid] = ['prj_site', 'test-access-token', 'slack/acme-bot'];
  const links = [{ projectId, environments: ['production'] }];
  const triggerDestinations = [{ projectId, path: '/old' }];
  const service = createTestConnect({ issuer: await createTestIssuer(), accessToken, connectors: [{ uid, links, triggerDestinations }] });
  const server = await service.listen();
  const paths = () => service.connectors[0].triggerDestinations.map(({ path }) => path);
  try {
    const wanted = { connectors: { [uid]: { triggerDestinations: [{ projectId, path: '/new' }] } } };
    await writeFile(join(project, 'connect.json'), JSON.stringify(wanted));
    const line = `VERCEL_TOKEN=${accessToken} countersign connect apply --api-url ${server.url}`;
    for (const answer of ['', 'n', 'yess']) {
      const refused = await type(line, undefined, answer);
      assert.equal(refused.code, 1, answer);
      assert.match(
        refused.text,
        /- prj_site production \/old\n {2}\+ prj_site production \/new\n1 change to make, 0 unchanged\.\nMake these changes\? \[y\/N\]/,
      );
      assert.deepEqual(paths(), ['/old']);
    }
    const agreed = await type(line, 'connect-apply', 'y');
    assert.deepEqual([agreed.code, paths()], [0, ['/new']]);
    assert.match(agreed.text, /trigger destinations replaced/);
  } finally {
    await server.close();
  }
});

test('doctor: marks, remedies, a summary', async () => {
  const { text, code } = await type(
    'VERCEL_OIDC_TOKEN=$(cat token.jwt) AWS_ROLE_ARN=arn:aws:iam::123456789012:role/app countersign doctor --offline',
    'doctor',
  );
  assert.equal(code, 0);
  assert.match(text, /✔ env +in use: VERCEL_OIDC_TOKEN, expires in/);
  assert.match(text, /! AWS_ROLE_ARN +is set without AWS_REGION[\s\S]+→ set AWS_REGION/);
  assert.match(text, /0 wrong, 1 to look at\./);
});

test('piped: the same text without a colour; NO_COLOR: text without one', async () => {
  const piped = await type('countersign inspect --file token.jwt | cat; countersign inspect --file token.jwt --json | head -n 1');
  assert.match(piped.text, /`production` of `acme_website`/);
  assert.match(piped.text, /^\{/m);
  assert.doesNotMatch(piped.colored, /\x1b\[[\d;]*3[1-6]/);
  const plain = await type('NO_COLOR=1 countersign inspect --file token.jwt');
  assert.match(plain.text, /`production` of `acme_website`/);
  assert.doesNotMatch(plain.colored, /\x1b\[[\d;]*3[1-6]/);
});

test('bad input: a sentence, no trace, and a token is asked for where no input can come', async () => {
  const typo = await type('countersign inspct', 'mistyped');
  assert.equal(typo.code, 2);
  assert.match(typo.text, /there is no command `inspct`; did you mean `inspect`\?/);
  // Standard input is the keyboard here: it does not wait for it.
  const nothing = await type('countersign inspect');
  assert.equal(nothing.code, 2);
  assert.match(nothing.text, /there is no token: give it as the argument, with `--env` or `--file`, or\npipe it in/);
  const garbage = await type('countersign inspect not.a.token', 'not-a-token');
  assert.equal(garbage.code, 1);
  assert.match(garbage.text, /ERR_JWS_INVALID/);
  for (const { text } of [typo, nothing, garbage]) assert.doesNotMatch(text, /^\s+at /m);
});

test('issuer: up until Ctrl-C', async () => {
  await tmux('send-keys', 'clear', 'Enter');
  await tmux('send-keys', '-l', 'countersign issuer --port 0; echo ended:$?');
  await tmux('send-keys', 'Enter');
  const until = async (pattern) => {
    for (let look = 0; look < 600; look++) {
      const text = await tmux('capture-pane', '-p', '-J');
      if (pattern.test(text)) return text;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`no ${pattern} in sight:\n${await tmux('capture-pane', '-p', '-J')}`);
  };
  const up = await until(/Ctrl-C ends it/);
  const [, keys] = /keys +(http:\/\/127\.0\.0\.1:\d+\/acme\/\.well-known\/jwks)/.exec(up);
  assert.equal((await (await fetch(keys)).json()).keys.length, 1);
  await tmux('send-keys', 'C-c');
  await until(/ended:0$/m);
  await assert.rejects(fetch(keys));
});
