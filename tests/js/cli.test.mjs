// The command line, run from the packed tarball: what it prints, on which stream, and how it ends.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { countersign, firstLine, program, start } from './cli.mjs';
import { installProject } from './install.mjs';
import { command } from './runtimes/command.mjs';

const PROJECT_ID = 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3';
const VERCEL = ['--vercel', '--team', 'acme', '--project', PROJECT_ID, '--environment', 'production'];

let project, createTestIssuer, issuer, token, keys;
before(async () => {
  project = await installProject('cli');
  ({ createTestIssuer } = await import(pathToFileURL(join(project, 'node_modules/countersign/dist/inline/testing.js'))));
  issuer = await createTestIssuer();
  token = await issuer.mint();
  keys = join(project, 'keys.json');
  await writeFile(keys, JSON.stringify(issuer.jwks));
  await writeFile(join(project, 'token.jwt'), `${token}\n`);
});
const run = (args, options) => countersign(project, args, options);
const json = ({ stdout }) => JSON.parse(stdout);
const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const written = (header, claims) => `${encode(header)}.${encode(claims)}.${encode('x'.repeat(256))}`;

/** Everywhere: a person's mistake is answered by a sentence, and no output holds the signature of a token. */
function tidy({ stdout, stderr }, ...tokens) {
  assert.doesNotMatch(stderr, /\n\s+at /, 'a stack trace');
  for (const one of [token, ...tokens]) assert.ok(!(stdout + stderr).includes(one.split('.')[2]), 'the token is printed whole');
}

describe('what is installed', () => {
  test('`bin` is executable, and nothing that is exported imports it', async () => {
    assert.match(await command(program(project), ['--version']), /^\d+\.\d+\.\d+\n$/);
    const manifest = JSON.parse(await readFile(join(project, 'node_modules/countersign/package.json'), 'utf8'));
    assert.deepEqual(manifest.bin, { countersign: 'dist/cli/main.js' });
    assert.equal(await command(program(project), ['--version']), `${manifest.version}\n`);
    assert.ok(!JSON.stringify(manifest.exports).includes('cli'));
    const dist = join(project, 'node_modules/countersign/dist');
    for (const path of await readdir(dist, { recursive: true })) {
      if (!/\.[cm]?js$/.test(path) || path.startsWith('cli')) continue;
      assert.doesNotMatch(await readFile(join(dist, path), 'utf8'), /['"][./]+cli\//, path);
    }
  });

  test('help for the program and for each command, with every exit code and an example', async () => {
    const general = await run(['--help']);
    assert.equal(general.code, 0);
    const names = [...general.stdout.matchAll(/^ {2}([a-z]+) {2,}/gm)].map(([, name]) => name);
    for (const name of ['inspect', 'verify', 'doctor', 'issuer', 'policy']) assert.ok(names.includes(name), name);
    for (const name of names) {
      const help = await run([name, '--help']);
      assert.equal(help.code, 0, name);
      assert.match(
        help.stdout,
        /Usage\n {2}npx countersign [\s\S]+Options\n[\s\S]+--json[\s\S]+Exit codes\n {2}0 [\s\S]+ {2}1 [\s\S]+ {2}2 [\s\S]+Examples\n/,
      );
      assert.equal((await run(['help', name])).stdout, help.stdout);
      assert.ok(
        help.stdout.split('\n').every((line) => line.length <= 80 || /^ {2}(npx|curl) /.test(line)),
        `${name}: a line of the help is too long`,
      );
    }
  });

  test('without a command it says how to call it, and that this was no call', async () => {
    const { code, stdout } = await run([]);
    assert.equal(code, 2);
    assert.match(stdout, /^countersign \d/);
  });
});

describe('a mistaken call ends with 2 and one sentence', () => {
  const cases = {
    'a mistyped command': [['inspct'], /there is no command `inspct`; did you mean `inspect`\?/],
    'an unknown command': [['frobnicate'], /there is no command `frobnicate`\n/],
    'a mistyped option': [['inspect', '--evn', 'X'], /there is no option `--evn`; did you mean `--env`\?/],
    'an option that needs a value': [['inspect', '--env'], /`--env` needs a value/],
    'an option in place of a value': [['inspect', '--env', '--json'], /`--env` needs a value/],
    'a value for a flag': [['inspect', '--json=yes'], /`--json` takes no value/],
    'an option twice': [['inspect', '--env', 'A', '--env', 'B'], /`--env` is given twice/],
    'two arguments': [['inspect', 'a', 'b'], /takes one argument/],
    'two tokens': [['inspect', 'a', '--env', 'X'], /give the token once/],
    'two forms': [['inspect', 'a.b.c', '--json', '--text'], /exclude each other/],
    'a name that is none': [['inspect', '--env', '$TOKEN'], /name of a variable/],
    'no issuer': [['verify', 'a.b.c'], /whose tokens\?/],
    'no audience': [['verify', 'a.b.c', '--issuer', 'https://a.example'], /for whom/],
    'an issuer that is no URL': [['verify', 'a.b.c', '--issuer', 'a.example', '--any-audience'], /`--issuer` must/],
    'a number that is none': [
      ['verify', 'a.b.c', '--issuer', 'https://a.example', '--any-audience', '--clock-tolerance', 'much'],
      /`--clock-tolerance` must be a number/,
    ],
    'a number that is too low': [
      ['verify', 'a.b.c', '--issuer', 'https://a.example', '--any-audience', '--clock-tolerance=-1'],
      /`--clock-tolerance` must/,
    ],
    'an algorithm that is none': [
      ['verify', 'a.b.c', '--issuer', 'https://a.example', '--any-audience', '--algorithm', 'none'],
      /`--algorithm` /,
    ],
    'half of Vercel': [['verify', 'a.b.c', '--vercel', '--team', 'acme'], /needs `--team`, `--project` and `--environment`/],
    'Vercel’s option elsewhere': [
      ['verify', 'a.b.c', '--issuer', 'https://a.example', '--any-audience', '--team', 'acme'],
      /goes with `--vercel`/,
    ],
    'a claim without a value': [['verify', 'a.b.c', '--issuer', 'https://a.example', '--any-audience', '--claim', 'x'], /name=text/],
    'keys that are no JSON': [
      ['verify', 'a.b.c', '--issuer', 'https://a.example', '--any-audience', '--jwks', 'token.jwt'],
      /holds no JSON/,
    ],
    'a port that is none': [['issuer', '--port', '70000'], /`--port` must be/],
    'an issuer to serve that is no URL': [['issuer', '--issuer', 'x'], /must be a URL/],
    'an issuer to examine that is no URL': [['doctor', '--issuer', 'x'], /`--issuer` must/],
    'minting with a port': [['issuer', '--mint', '--port', '1'], /leave `--port` out/],
    'a policy without an action': [['policy'], /`check` or `generate`/],
    'a mistyped action': [['policy', 'chekc'], /did you mean `check`\?/],
    'a policy of nobody': [['policy', 'check', 'x.json'], /whose policy\?/],
    'a mistyped kind': [['policy', 'check', 'x.json', '--kind', 'awss'], /did you mean `aws`\?/],
    'a policy that cannot be generated': [['policy', 'generate', '--kind', 'verifier', '--file', 'token.jwt'], /aws, gcp and azure/],
    'an account that is none': [['policy', 'generate', '--kind', 'aws', '--account', '1', '--file', 'token.jwt'], /`--account` /],
    'half of the projects': [['policy', 'generate', '--kind', 'aws', '--team', 'acme'], /are needed/],
    'an unknown form': [['policy', 'generate', '--kind', 'aws', '--format', 'yaml', '--file', 'token.jwt'], /`--format` must be one of/],
    'claims without minting': [['issuer', '--claim', 'a=b'], /goes with `--mint`/],
  };
  for (const [name, [args, message]] of Object.entries(cases)) {
    test(name, async () => {
      const result = await run(args);
      assert.equal(result.code, 2, result.stdout + result.stderr);
      assert.match(result.stderr, message);
      assert.match(result.stderr, /^countersign.*\nTry `npx countersign .*--help`\.\n$/);
      assert.equal(result.stdout, '');
      tidy(result);
    });
  }

  test('what may be a secret is not said back', async () => {
    const key = 'vck_9f3bA7cQd81LmN20';
    for (const args of [
      [key],
      [token],
      ['inspect', `-${key}`],
      [`--${key}`],
      ['inspect', key],
      ['verify', ...VERCEL, '--jwks', keys, key],
    ]) {
      const result = await run(args);
      assert.notEqual(result.code, 0);
      assert.ok(!(result.stdout + result.stderr).includes(key.slice(4)), args[0]);
      tidy(result);
    }
    assert.match((await run([token])).stderr, /looks like a token; to read it, put `inspect` before it/);
  });
});

describe('inspect', () => {
  test('a token from everywhere it may come from', async () => {
    await writeFile(join(project, '.env.local'), `OTHER=1\nFROM_FILE="${token}"\n`);
    const ways = {
      'an argument': [[token]],
      'standard input': [[], { input: token }],
      'standard input with a newline': [[], { input: `${token}\n` }],
      'standard input by its name': [['-'], { input: `${token}\r\n` }],
      'a header line': [[], { input: `Authorization: Bearer ${token}` }],
      'a variable': [['--env', 'T'], { env: { T: token } }],
      'a file': [['--file', 'token.jwt']],
      'a file of variables': [['--env', 'FROM_FILE', '--dotenv', '.env.local']],
    };
    for (const [way, [args, options]] of Object.entries(ways)) {
      const result = await run(['inspect', '--json', ...args], options);
      assert.equal(result.code, 0, `${way}: ${result.stderr}`);
      const { verified, validity, token: decoded } = json(result);
      assert.deepEqual([verified, validity, decoded.claims.project_id], [false, 'in force', PROJECT_ID], way);
      tidy(result);
    }
  });

  test('JSON has the token’s own values, the words and their sources', async () => {
    const { token: decoded, claims, subject, notes, issuer: named } = json(await run(['inspect', token, '--json']));
    assert.equal(decoded.claims.project_id, PROJECT_ID);
    assert.deepEqual(named, { name: 'Vercel', mode: 'team', team: 'acme' });
    const members = claims.flatMap((group) => group.members);
    assert.deepEqual(members.map(({ name }) => name).sort(), Object.keys(decoded.claims).sort());
    for (const { name, words, source } of members) assert.ok(words.length > 20 && source.href.startsWith('https://'), name);
    assert.deepEqual(
      subject.map(({ key, agrees }) => [key, agrees]),
      [
        ['owner', true],
        ['project', true],
        ['environment', true],
      ],
    );
    assert.ok(notes.every(({ level }) => level === 'care'));
  });

  test('text says it in words, wrapped, without colours where there is no terminal', async () => {
    const { stdout } = await run([
      'inspect',
      '--text',
      await issuer.mint({ environment: 'preview', sub: 'owner:acme:project:acme_website:environment:production' }),
    ]);
    assert.match(stdout, /Decoded, not verified/);
    assert.match(
      stdout,
      /`oidc\.vercel\.com\/acme` says that the caller is `production` of `acme_website`,\s+owned by `acme`, and tells `vercel\.com\/acme` to believe it\./,
    );
    assert.match(stdout, /● in force, expires in (1 hour|59 minutes)/);
    assert.match(stdout, /refuse {2}The token contradicts itself\. [\s\S]*the\s+`environment`\s+claim\s+says\s+`preview`/);
    assert.match(stdout, /environment {2}production +≠ claim environment: preview/);
    assert.match(stdout, /exp +\d+ {2}in (1 hour|59 minutes.*), \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/);
    assert.match(stdout, /Expires: from this second on it must be refused\. \(RFC\s+7519,\s+4\.1\.4\)/);
    assert.ok(stdout.split('\n').every((line) => line.length <= 96));
    assert.ok(!stdout.includes('\x1b'));
  });

  test('colours: by option, by FORCE_COLOR, and never against NO_COLOR', async () => {
    const colored = async (args, env) => (await run(['inspect', token, ...args], { env })).stdout.includes('\x1b[');
    assert.equal(await colored(['--color']), true);
    assert.equal(await colored(['--text'], { FORCE_COLOR: '1' }), true);
    assert.equal(await colored(['--text'], { FORCE_COLOR: '1', NO_COLOR: '1' }), false);
    assert.equal(await colored(['--text', '--no-color'], { FORCE_COLOR: '1' }), false);
    assert.equal(await colored(['--json'], { FORCE_COLOR: '1' }), false, 'JSON has no colours');
  });

  test('a hostile token steers no terminal', async () => {
    const claims = {
      iss: 'https://\x1b[2J\x1b]0;owned\x07.example',
      sub: 'a\u202eb\u0085\r\nc`d`',
      '\x1b[31m': '\x9b1m',
      aud: ['\u2028'],
      exp: 4e9,
    };
    const hostile = written({ alg: 'RS256', kid: '\x1b[0m', '\x07': 1 }, claims);
    for (const args of [['--text'], ['--json'], ['--text', '--no-color']]) {
      const { code, stdout } = await run(['inspect', hostile, ...args]);
      assert.equal(code, 0);
      assert.doesNotMatch(stdout.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\u2028]/u, args.join());
    }
    assert.deepEqual(json(await run(['inspect', hostile, '--json'])).token.claims, claims);
    const refused = await run(['verify', hostile, '--issuer', 'https://a.example', '--any-audience', '--jwks', keys, '--text']);
    assert.doesNotMatch(refused.stdout.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
  });

  test('what is no token ends with 1, a code and what to do', async () => {
    for (const [text, code] of [
      ['a.b', 'ERR_JWS_INVALID'],
      [written({ alg: 'RS256' }, '[]'), 'ERR_JWT_INVALID'],
      ['x'.repeat(20_000), 'ERR_JWS_INVALID'],
    ]) {
      const result = await run(['inspect', '--json'], { input: text });
      assert.equal(result.code, 1);
      assert.equal(json(result).error.code, code);
      assert.match(
        result.stderr,
        new RegExp(`^countersign inspect: .*\\(${code}\\)\\n {2}.+ See \`docs/errors/${code}\\.md\` in the package\\.\\n$`),
      );
    }
  });

  test('missing input, too much input, and input that cannot be read', async () => {
    const cases = [
      [[], { input: '' }, /there is no token in the input: it is empty/],
      [[], { input: ' \n\n' }, /it is empty/],
      [[], { input: 'x'.repeat(3 << 20) }, /standard input has more than 1048576 bytes/],
      [['--env', 'MISSING'], {}, /the environment has no variable MISSING/],
      [['--env', 'BLANK'], { env: { BLANK: ' ' } }, /there is no token in BLANK/],
      [['--file', 'nowhere'], {}, /the file `nowhere` cannot be read: it does not exist/],
      [['--file', '.'], {}, /cannot be read: it is a folder/],
      [['--env', 'A', '--dotenv', 'nowhere'], {}, /cannot be read/],
    ];
    for (const [args, options, message] of cases) {
      const result = await run(['inspect', ...args], options);
      assert.equal(result.code, 1, result.stderr);
      assert.match(result.stderr, message);
      tidy(result);
    }
  });

  test('a reader who stops early is no fault', async () => {
    const script = `set -o pipefail; "$0" "$1" inspect --text ${token} | head -n 1; echo "ended with $?"`;
    const printed = await command('bash', ['-c', script, process.execPath, program(project)], { cwd: project });
    assert.match(printed, /^ Decoded, not verified .*\nended with 0\n$/);
  });
});

describe('verify', () => {
  test('a good token: 0, and who it is', async () => {
    const result = await run(['verify', ...VERCEL, '--jwks', keys, '--json'], { input: token });
    assert.equal(result.code, 0, result.stderr);
    assert.equal(json(result).ok, true);
    assert.equal(json(result).claims.project_id, PROJECT_ID);
    const text = await run(['verify', ...VERCEL, '--jwks', keys, '--file', 'token.jwt', '--text']);
    assert.match(
      text.stdout,
      /^✔ verified with the key mrk-test-1, RS256\n\n {2}issuer +https:\/\/oidc\.vercel\.com\/acme\n[\s\S]*expires +in/,
    );
    tidy(result);
  });

  test('a refused token: 1, the code, what was found and what was wanted', async () => {
    const expired = await issuer.mint({}, { expiresIn: -60 });
    const other = await (await createTestIssuer({ issuer: 'https://oidc.vercel.com/other' })).mint();
    const forged = `${token.slice(0, -20)}${token.at(-20) === 'A' ? 'B' : 'A'}${token.slice(-19)}`;
    const cases = [
      [await issuer.mint({ environment: 'preview' }), 'ERR_JWT_CLAIM_VALIDATION_FAILED', 'preview', ['production']],
      [await issuer.mint({ project_id: 'prj_other' }), 'ERR_JWT_CLAIM_VALIDATION_FAILED', 'prj_other', [PROJECT_ID]],
      [other, 'ERR_JWT_CLAIM_VALIDATION_FAILED', 'https://oidc.vercel.com/other', ['https://oidc.vercel.com/acme']],
      [await issuer.mint({ aud: 'x' }), 'ERR_JWT_CLAIM_VALIDATION_FAILED', 'x', ['https://vercel.com/acme']],
      [expired, 'ERR_JWT_EXPIRED', Math.floor(Date.now() / 1000) - 60],
      [forged, 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
      ['a.b', 'ERR_JWS_INVALID'],
    ];
    for (const [one, code, found, wanted] of cases) {
      const result = await run(['verify', ...VERCEL, '--jwks', keys, '--json'], { input: one });
      assert.equal(result.code, 1);
      const report = json(result);
      assert.deepEqual([report.ok, report.error.code], [false, code]);
      if (typeof found === 'number') assert.ok(Math.abs(report.found - found) < 5);
      else assert.deepEqual(report.found, found);
      assert.deepEqual(report.wanted, wanted);
      tidy(result, ...(one.split('.')[2] ? [one] : []));
    }
    const { stdout } = await run(['verify', ...VERCEL, '--jwks', keys, '--text'], { input: cases[0][0] });
    assert.match(stdout, /^✘ refused: claim `environment` .*\n\n {2}found +preview\n {2}wanted +production\n {2}to do +Compare/);
  });

  test('every option of a policy reaches the verifier', async () => {
    const { exp } = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
    const any = ['--issuer', 'https://oidc.vercel.com/acme', '--any-audience', '--jwks', keys];
    const code = async (...args) => (await run(['verify', ...any, ...args], { input: token })).code;
    for (const [good, bad] of [
      [
        ['--claim', 'environment=preview', '--claim', 'environment=production'],
        ['--claim', 'environment=preview'],
      ],
      [
        ['--subject', 'owner:acme:project:acme_website:environment:production'],
        ['--subject', 'owner:acme'],
      ],
      [
        ['--require', 'owner_id'],
        ['--require', 'jti'],
      ],
      [
        ['--algorithm', 'RS256', '--algorithm', 'ES256'],
        ['--algorithm', 'ES256'],
      ],
      [
        ['--typ', 'JWT'],
        ['--typ', 'at+jwt'],
      ],
      [
        ['--max-token-age', '600'],
        ['--max-token-age', '0', '--now', String(exp - 1)],
      ],
      [
        ['--now', String(exp + 4)],
        ['--now', String(exp + 5)],
      ],
      [
        ['--now', String(exp), '--clock-tolerance', '1'],
        ['--now', String(exp + 1), '--clock-tolerance', '1'],
      ],
      [
        ['--max-token-bytes', '2000'],
        ['--max-token-bytes', '100'],
      ],
    ]) {
      assert.equal(await code(...good), 0, good.join(' '));
      assert.equal(await code(...bad), 1, bad.join(' '));
    }
    for (const args of [
      ['--owner-id', 'team_other'],
      ['--issuer-mode', 'global'],
      ['--audience', 'another'],
    ]) {
      assert.equal((await run(['verify', ...VERCEL, '--jwks', keys, ...args], { input: token })).code, 1, args.join(' '));
    }
    const {
      keys: [jwk],
    } = issuer.jwks;
    await writeFile(join(project, 'key.json'), JSON.stringify(jwk));
    assert.equal((await run(['verify', ...VERCEL, '--jwks', 'key.json'], { input: token })).code, 0, 'one key is a set of one');
  });

  test('keys over HTTP, by discovery and by their URL; 1 where they cannot be had', async () => {
    const server = createServer((request, response) =>
      response.end(JSON.stringify(request.url === '/jwks' ? local.jwks : { issuer: local.issuer, jwks_uri: `${local.issuer}/jwks` })),
    );
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${server.address().port}`;
    const local = await createTestIssuer({ issuer: url });
    const input = await local.mint();
    assert.equal((await run(['verify', '--issuer', url, '--any-audience'], { input })).code, 0);
    assert.equal((await run(['verify', '--issuer', url, '--any-audience', '--jwks', `${url}/jwks`], { input })).code, 0);
    server.close();
    server.closeAllConnections();
    const result = await run(['verify', '--issuer', url, '--any-audience', '--json'], { input });
    assert.equal(result.code, 1);
    assert.equal(json(result).error.code, 'ERR_JWKS_FETCH_FAILED');
    assert.equal(json(result).error.retryable, true);
  });
});

describe('issuer', () => {
  test('serves what `verify` and `doctor` need, until it is interrupted', async () => {
    const server = start(project, ['issuer', '--port', '0', '--json']);
    const { issuer: name, url, jwksUrl } = JSON.parse(await firstLine(server));
    assert.equal(name, 'https://oidc.vercel.com/acme');
    assert.equal(jwksUrl, `${url}/.well-known/jwks`);
    const minted = (await run(['issuer', '--mint', '--claim', 'environment=preview', '--claim', 'plan=["a"]'])).stdout;
    const verified = await run(
      [
        'verify',
        '--vercel',
        '--team',
        'acme',
        '--project',
        '*',
        '--owner-id',
        'team_7Gw5ZMzpQA8h90F832KGp7nwbuh3',
        '--environment',
        'preview',
        '--jwks',
        jwksUrl,
        '--json',
      ],
      { input: minted },
    );
    assert.equal(verified.code, 0, verified.stdout);
    assert.deepEqual(json(verified).claims.plan, ['a']);

    const busy = await run(['issuer', '--port', new URL(url).port]);
    assert.equal(busy.code, 1);
    assert.match(busy.stderr, /port \d+ is in use: name another with --port/);
    tidy(busy);

    server.kill('SIGINT');
    assert.deepEqual(await once(server, 'exit'), [0, null]);
  });

  test('mints for a project and an environment', async () => {
    const { stdout } = await run(['issuer', '--mint', '--project', 'shop', '--environment', 'preview']);
    const { token: decoded } = json(await run(['inspect', '--json'], { input: stdout }));
    const { sub, project, environment } = decoded.claims;
    assert.deepEqual([sub, project, environment], ['owner:acme:project:shop:environment:preview', 'shop', 'preview']);
    const alone = await run(['issuer', '--project', 'shop']);
    assert.deepEqual([alone.code, alone.stderr.split('\n')[0]], [2, 'countersign issuer: `--project` goes with `--mint`']);
  });

  test('mints for another team, expired, with another algorithm, and prints nothing else', async () => {
    const { code, stdout, stderr } = await run(['issuer', '--mint', '--team', 'beta', '--alg', 'ES256', '--expires-in', '-60']);
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const report = json(await run(['inspect', '--json'], { input: stdout }));
    assert.deepEqual([report.validity, report.issuer.team, report.token.header.alg], ['expired', 'beta', 'ES256']);
    assert.deepEqual(json(await run(['issuer', '--keys'])), issuer.jwks);
  });
});

describe('policy', () => {
  const kinds = {
    aws: ['--account', '123456789012'],
    gcp: ['--project-number', '123456789012'],
    azure: ['--app', '11111111-2222-3333-4444-555555555555'],
  };

  for (const [kind, args] of Object.entries(kinds)) {
    test(`${kind}: what is generated lets the token in, and no other environment`, async () => {
      const generated = await run(['policy', 'generate', '--kind', kind, ...args, '--file', 'token.jwt', '--json']);
      assert.equal(generated.code, 0, generated.stderr);
      const { policy, outputs } = json(generated);
      const path = `${kind}.json`;
      await writeFile(join(project, path), JSON.stringify(policy, null, 2));
      const check = (input, ...more) => run(['policy', 'check', path, '--kind', kind, ...more], { input });
      assert.equal((await check(token)).code, 0);
      const other = await check(await issuer.mint({ environment: 'preview' }), '--text');
      assert.equal(other.code, 1);
      assert.match(other.stdout, /^✘ refused: (?!refused)/);
      assert.match(other.stdout, /wanted .*production|wanted[\s\S]*production/);
      assert.match(other.stdout, /found .*preview/);
      tidy(other);
      for (const { format, text } of outputs) {
        const { stdout } = await run(['policy', 'generate', '--kind', kind, ...args, '--file', 'token.jwt', '--format', format]);
        assert.equal(stdout.trimEnd(), text.trimEnd(), format);
      }
      const named = await run([
        'policy',
        'generate',
        '--kind',
        kind,
        ...args,
        '--team',
        'acme',
        '--project',
        'acme_website',
        '--environment',
        'production',
        '--format',
        'cli',
      ]);
      assert.equal(named.code, 0, named.stderr);
      assert.match(named.stdout, /acme_website/);
    });
  }

  test('what is written to a file is what is shown, and a policy that `policy check` takes from standard input', async () => {
    const generated = await run(['policy', 'generate', '--kind', 'aws', '--account', '123456789012', '--file', 'token.jwt']);
    assert.deepEqual(Object.keys(JSON.parse(generated.stdout)).sort(), ['Statement', 'Version']);
    const check = await run(['policy', 'check', '-', '--kind', 'aws', '--file', 'token.jwt'], { input: generated.stdout });
    assert.equal(check.code, 0, check.stdout);
    assert.match(check.stdout, /^✔ let in/);
    const both = await run(['policy', 'check', '-', '--kind', 'aws'], { input: generated.stdout });
    assert.deepEqual(
      [both.code, both.stderr.split('\n')[0]],
      [2, 'countersign policy: standard input holds the policy: give the token with `--env` or `--file`'],
    );
  });

  test('a verifier’s options are a policy too; claims may stand for a token', async () => {
    await writeFile(join(project, 'options.json'), JSON.stringify({ team: 'acme', projectId: PROJECT_ID, environment: 'production' }));
    const claims = Buffer.from(token.split('.')[1], 'base64url').toString();
    for (const input of [token, claims]) {
      const result = await run(['policy', 'check', 'options.json', '--kind', 'vercel-verifier', '--json'], { input });
      assert.equal(json(result).decision === 'refused', false, result.stdout);
    }
    assert.equal(
      (await run(['policy', 'check', 'options.json', '--kind', 'vercel-verifier'], { input: await issuer.mint({ project_id: 'prj_x' }) }))
        .code,
      1,
    );
  });

  test('a policy that the cloud would not take is said by its line', async () => {
    await writeFile(join(project, 'broken.json'), '{\n  "Version": "2012-10-17",\n  "Statement": [,]\n}');
    const result = await run(['policy', 'check', 'broken.json', '--kind', 'aws', '--file', 'token.jwt', '--json']);
    assert.equal(result.code, 1);
    assert.deepEqual([json(result).error.code, json(result).error.position.line], ['ERR_POLICY_INVALID', 3]);
    assert.match(result.stderr, /line 3/);
  });
});
