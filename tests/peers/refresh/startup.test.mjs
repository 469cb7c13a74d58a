// The start-up script, run for real: by the usual shells, and with the settings that break scripts.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { importPackage } from '../package-under-test.mjs';

const { refresh, testing } = await importPackage('peers-refresh-startup');
const issuer = await testing.createTestIssuer();
const run = promisify(execFile);

const home = await mkdtemp(join(tmpdir(), "countersign's startup "));
after(() => rm(home, { recursive: true, force: true }));

const SHELLS = {
  dash: ['dash'],
  'dash, strict': ['dash', '-eu'],
  bash: ['bash'],
  'bash, strict': ['bash', '-euo', 'pipefail'],
  'bash as sh': ['bash', '--posix', '-euo', 'pipefail'],
  'busybox, with its own tools': ['busybox', 'sh'],
  zsh: ['zsh'],
  ksh: ['ksh'],
};

/** Where a shell finds its tools. */
async function pathOf([program]) {
  if (program !== 'busybox') return process.env.PATH;
  const tools = join(home, 'busybox');
  await run('mkdir', ['-p', tools]);
  await run('busybox', ['--install', '-s', tools]);
  return tools;
}

let count = 0;
/** A script in a folder of its own, and how to run it. `print` shows what the program was given. */
async function scriptOf(shell, options = {}) {
  const folder = join(home, String((count += 1)));
  const keyFile = join(folder, 'key file');
  const print = ['sh', '-c', 'printf "<%s>" "${AI_GATEWAY_API_KEY-unset}"'];
  const text = refresh.startupScript({ command: print, keyFile, ...options });
  const path = join(folder, 'start.sh');
  await run('mkdir', ['-p', folder]);
  await writeFile(path, text);
  const [name, ...flags] = shell;
  const program = (await run('sh', ['-c', `command -v ${name}`])).stdout.trim();
  const PATH = await pathOf(shell);
  const start = (env = {}, extra = []) => run(program, [...flags, ...extra, path], { env: { PATH, ...env } });
  const launch = () => {
    const child = spawn(program, [...flags, path], { env: { PATH }, stdio: 'ignore' });
    return { child, exited: once(child, 'exit') };
  };
  return { text, path, folder, keyFile, start, launch };
}

for (const [name, shell] of Object.entries(SHELLS)) {
  describe(name, () => {
    test('lesson 4: the environment first, then the key file, and neither may be unset', async () => {
      const keyFile = join(home, `keys ${name}`, 'deep', 'key');
      const { start } = await scriptOf(shell, { keyFile });
      assert.equal((await start({ AI_GATEWAY_API_KEY: 'from-environment' })).stdout, '<from-environment>');
      await assert.rejects(
        start(),
        ({ code, stderr }) => code === 78 && stderr === `no credential: set AI_GATEWAY_API_KEY, or write ${keyFile}\n`,
      );
      await writeFile(keyFile, 'from-file\n');
      assert.equal((await start()).stdout, '<from-file>');
      assert.equal((await start({ AI_GATEWAY_API_KEY: 'from-environment' })).stdout, '<from-environment>');
      for (const blank of ['', ' ', ' \t\n '])
        assert.equal((await start({ AI_GATEWAY_API_KEY: blank })).stdout, '<from-file>', JSON.stringify(blank));
      await writeFile(keyFile, ' \n');
      await assert.rejects(start({ AI_GATEWAY_API_KEY: ' ' }), { code: 78 });
    });

    test('a key file with a NUL is refused, and no part of it is used', async () => {
      const { keyFile, start } = await scriptOf(shell);
      const stderr = `${keyFile} holds a NUL: write the credential again\n`;
      for (const content of ['key\0', '\0key', 'first\0second\n', '\0\0\0\0']) {
        await writeFile(keyFile, content);
        await assert.rejects(start(), (error) => error.code === 78 && error.stderr === stderr, JSON.stringify(content));
      }
      assert.equal((await start({ AI_GATEWAY_API_KEY: 'from-environment' })).stdout, '<from-environment>');
    });

    test('a credential and a command stay whole, whatever characters they have', async () => {
      const odd = `a'b"c$d\`e\\f*g;h&&i|j#k~l{m}[n]!o p`;
      const command = ['sh', '-c', 'printf "<%s>" "$AI_GATEWAY_API_KEY" "$@"', 'sh', odd, '', '-n', '$(id)', '\n', '*'];
      const { keyFile, start } = await scriptOf(shell, { command });
      const expected = `<${odd}><${odd}><><-n><$(id)><\n><*>`;
      assert.equal((await start({ AI_GATEWAY_API_KEY: odd })).stdout, expected);
      await writeFile(keyFile, odd);
      assert.equal((await start()).stdout, expected);
    });

    test('lessons 2 and 3: a configuration file gets a placeholder, word for word, and the token comes by environment', async () => {
      const token = await issuer.mint();
      const content = `{"apiKey": "$PLACEHOLDER", "it's": "\${OTHER} \\\\ \`x\` %s"}\n`;
      const folder = join(home, `config ${name}`);
      const path = join(folder, 'deep/agent.json');
      const command = ['sh', '-c', 'cat "$0"; printf "<%s>" "$AI_GATEWAY_API_KEY"', path];
      const { start } = await scriptOf(shell, { command, files: [{ path, content }] });
      assert.equal((await start({ AI_GATEWAY_API_KEY: token })).stdout, `${content}<${token}>`);
      assert.equal(await readFile(path, 'utf8'), content);
    });

    test('a trace of the shell shows no credential', async () => {
      const { keyFile, start } = await scriptOf(shell, { command: ['true'] });
      await writeFile(keyFile, 'secret-in-the-file');
      for (const env of [{}, { AI_GATEWAY_API_KEY: 'secret-in-the-environment' }]) {
        const { stdout, stderr } = await start(env, ['-x']);
        assert.ok(!`${stdout}${stderr}`.includes('secret'), stderr);
      }
    });

    test('run again, it replaces the process that it started, and no other', async () => {
      const { keyFile, launch: start } = await scriptOf(shell, { command: ['sleep', '600'] });
      await writeFile(keyFile, 'key');
      const noted = async (pid) => {
        while ((await notedIn(keyFile)) !== pid) await new Promise((resolve) => setTimeout(resolve, 10));
      };
      const stranger = spawn('sleep', ['600'], { stdio: 'ignore' });
      const gone = once(stranger, 'exit');
      try {
        // A number that was noted long ago, and belongs to another process now.
        let first;
        for (const note of [`${stranger.pid}\n`, `${stranger.pid} 1\n`]) {
          first?.child.kill();
          await first?.exited;
          await writeFile(`${keyFile}.pid`, note);
          first = start();
          await noted(first.child.pid);
          assert.equal(stranger.exitCode ?? stranger.signalCode, null, 'the stranger lives');
        }
        const second = start();
        assert.equal((await first.exited)[1], 'SIGTERM');
        await noted(second.child.pid);
        for (const nonsense of ['-1', '0 1', 'x', '', '99999999999999999999']) {
          await writeFile(`${keyFile}.pid`, nonsense);
          const next = start();
          await noted(next.child.pid);
          next.child.kill();
          await next.exited;
        }
        assert.equal(second.child.signalCode, null);
        second.child.kill();
        await second.exited;
      } finally {
        stranger.kill();
        await gone;
      }
    });

    // Where two were left, the wait for one would not end.
    test('of twenty starts at once one process is left, also where a start has died with the lock', { timeout: 120_000 }, async (t) => {
      const { keyFile, folder, launch } = await scriptOf(shell, { command: ['sleep', '600'] });
      await writeFile(keyFile, 'key');
      await symlink('4194305 1', `${keyFile}.pid.lock`);
      const running = new Set(Array.from({ length: 20 }, launch));
      t.after(() => running.forEach(({ child }) => child.kill()));
      await new Promise((resolve) => {
        for (const start of running) {
          void start.exited.then(() => {
            running.delete(start);
            if (running.size === 1) resolve();
          });
        }
      });
      const [left] = running;
      while ((await notedIn(keyFile)) !== left.child.pid || (await readdir(folder)).length > 3)
        await new Promise((resolve) => setTimeout(resolve, 10));
      assert.deepEqual((await readdir(folder)).sort(), ['key file', 'key file.pid', 'start.sh'], 'no lock is left');
    });
  });
}

/** The process that the script has noted. */
const notedIn = async (keyFile) => Number((await readFile(`${keyFile}.pid`, 'utf8').catch(() => '')).split(' ')[0]);

test('a process that does not listen is ended all the same', async () => {
  const { keyFile, launch } = await scriptOf(['dash'], {
    command: ['sh', '-c', 'trap "" TERM; echo >"$0"; while :; do sleep 1; done', join(home, 'deaf')],
  });
  await writeFile(keyFile, 'key');
  const deaf = launch();
  while (
    !(await access(join(home, 'deaf')).then(
      () => true,
      () => false,
    ))
  )
    await new Promise((resolve) => setTimeout(resolve, 10));
  const next = launch();
  assert.equal((await deaf.exited)[1], 'SIGKILL');
  next.child.kill('SIGKILL');
  await next.exited;
});

test('the script is safe to read: no token can be put into it', async () => {
  const token = await issuer.mint();
  const options = { command: ['agent'], keyFile: '/run/key' };
  const refused = (changes, pattern) =>
    assert.throws(
      () => refresh.startupScript({ ...options, ...changes }),
      (error) => error.code === 'ERR_INVALID_OPTION' && pattern.test(error.message) && !error.message.includes(token.slice(0, 30)),
    );
  refused({ command: ['agent', `--key=${token}`] }, /holds a token/);
  refused({ files: [{ path: '/etc/agent.json', content: `{"apiKey":"${token}"}` }] }, /put a placeholder there/);
  refused({ files: [{ path: '/etc/agent.json', content: '{"apiKey":"${AI_GATEWAY_API_KEY}"}' }] }, /nobody fills in/);
});

test('names, paths and commands are held to their word', () => {
  const options = { command: ['agent'], keyFile: '/run/key' };
  const wrong = [
    ...['', 'key', './key', '/', '/a/', '/a//b', '/a/./b', '/a/../b', '/a\nb', '/a\0b', 7, undefined, `/${'x'.repeat(2000)}`].map(
      (keyFile) => ({ keyFile }),
    ),
    ...['', 'A-B', '1A', 'A=B', 'A B', '$(id)', 'A;id', 'PATH', 'IFS', 'LD_PRELOAD', 'countersign_old', 7].map((variable) => ({
      variable,
    })),
    ...[[], 'agent', ['a\0b'], [7], undefined].map((command) => ({ command })),
    ...[['x'], [{ path: 'relative', content: '' }], [{ path: '/a' }], [null], 'x'].map((files) => ({ files })),
    { pidFile: '/run/pid' },
  ];
  for (const changes of wrong) {
    assert.throws(() => refresh.startupScript({ ...options, ...changes }), { code: 'ERR_INVALID_OPTION' }, JSON.stringify(changes));
  }
  assert.throws(() => refresh.startupScript(), { code: 'ERR_INVALID_OPTION' });
});
