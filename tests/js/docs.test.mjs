// The pages hold: README.md and docs/ are checked against the packed package.
//
// An HTML comment on the line before a fence says how its block is checked:
//   <!-- continues -->   the block is read as if it followed the block before it on the page
//   <!-- framework -->   the block needs the types of a framework: tests/guards compiles it, or tests/connect-entries
//   <!-- runs -->        the block is run; a `text` block that follows it directly is what it prints
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';
import { installProject, tarball } from './install.mjs';
import { command } from './runtimes/command.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../../', import.meta.url));

/** Packages that examples import although no test of this repository installs them. */
const OTHERS = ['workflow'];

/** Languages of fences. A block in another language is an error: nothing would check it. */
const LANGUAGES = ['ts', 'js', 'sh', 'json', 'text', 'toml', 'rust', 'yaml', 'hcl', 'diff'];

/** The pages below a folder of the repository. */
const pagesOf = async (folder) =>
  (await readdir(join(root, folder), { recursive: true }))
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => `${folder}/${name}`);

/** Every page: the root's, and all of docs/ and skills/. */
const pages = await Promise.all(
  [...(await readdir(root)).filter((name) => /\.md$|^llms\.txt$/.test(name)), ...(await pagesOf('docs')), ...(await pagesOf('skills'))].map(
    async (path) => ({
      path,
      text: await readFile(join(root, path), 'utf8'),
    }),
  ),
);
/** Pages whose examples are checked: those that speak to users. */
const examplePages = pages.filter(({ path }) => path === 'README.md' || /^(docs|skills)\//.test(path));

/**
 * The fenced blocks of a page, in order.
 * @typedef {{page: string, line: number, language: string, marks: string[], text: string, index: number}} Block
 * @returns {Block[]}
 */
function blocksOf({ path, text }) {
  const lines = text.split('\n');
  const blocks = [];
  for (let number = 0; number < lines.length; number += 1) {
    const open = /^(\s*)(`{3,})(\S*)/.exec(lines[number]);
    if (!open) continue;
    const [, indent, fence, language] = open;
    const end = lines.findIndex((line, at) => at > number && line.trim() === fence);
    assert.notEqual(end, -1, `${path}:${number + 1} opens a block that nothing closes`);
    const marks = [];
    for (let above = number - 1; above >= 0; above -= 1) {
      const mark = /^\s*<!-- (.*) -->$/.exec(lines[above]);
      if (!mark) break;
      marks.push(mark[1]);
    }
    const body = lines.slice(number + 1, end).map((line) => line.slice(indent.length));
    blocks.push({ page: path, line: number + 1, language, marks, text: `${body.join('\n')}\n`, index: blocks.length });
    number = end;
  }
  return blocks;
}

const where = ({ page, line }) => `${page}:${line}`;
const blocks = examplePages.flatMap(blocksOf);
const isCode = ({ language }) => language === 'ts' || language === 'js';

/** The text of a block with the blocks that it continues in front. */
function wholeText(block) {
  if (!block.marks.includes('continues')) return block.text;
  const earlier = blocks.filter((other) => other.page === block.page && other.index < block.index && isCode(other)).at(-1);
  assert.ok(earlier, `${where(block)} continues no block`);
  return `${wholeText(earlier)}\n${block.text}`;
}

/** What a block prints, where the page says it: the `text` block right after it. */
function printedBy(block) {
  const next = blocks.find((other) => other.page === block.page && other.index === block.index + 1);
  return next?.language === 'text' ? next.text : undefined;
}

const fileOf = (block) => `${block.page.replaceAll(/[^\w]+/g, '-')}-${block.line}.mts`;

let project;
before(async () => {
  project = await installProject('docs');
  await mkdir(join(project, 'examples'));
});

describe('examples', () => {
  test('a block has a language and marks that are known', () => {
    for (const block of blocks) {
      assert.ok(LANGUAGES.includes(block.language), `${where(block)}: language "${block.language}"`);
      for (const mark of block.marks) assert.ok(['continues', 'framework', 'runs'].includes(mark), `${where(block)}: mark "${mark}"`);
    }
  });

  test('a block of JSON parses', () => {
    for (const block of blocks) {
      if (block.language === 'json') assert.doesNotThrow(() => JSON.parse(block.text), where(block));
    }
  });

  test('a block of TypeScript compiles as a module of its own', async () => {
    const examples = blocks.filter((block) => isCode(block) && !block.marks.includes('framework'));
    assert.ok(examples.length >= 20, `there are ${examples.length} examples`);
    const declared = new Set([...OTHERS, ...(await installedPackages())]);
    const imported = new Set();
    for (const block of examples) {
      const text = wholeText(block);
      for (const [, name] of text.matchAll(/(?:from|import\()\s*'([^']+)'/g)) {
        const packageName = name.split('/', name.startsWith('@') ? 2 : 1).join('/');
        if (packageName === 'countersign' || name.startsWith('node:')) continue;
        assert.ok(declared.has(packageName), `${where(block)} imports ${name}: if it is meant, add it to OTHERS`);
        imported.add(name);
      }
      await writeFile(join(project, 'examples', fileOf(block)), `${text}\nexport {};\n`);
    }
    await writeFile(join(project, 'examples/others.d.ts'), [...imported].map((name) => `declare module '${name}';\n`).join(''));
    const flags = ['--noEmit', '--strict', '--target', 'es2022', '--module', 'nodenext', '--ignoreConfig'];
    const types = ['--typeRoots', join(here, 'node_modules/@types'), '--types', 'node'];
    const files = examples.map((block) => `examples/${fileOf(block)}`);
    await command(join(here, 'node_modules/.bin/tsc'), [...flags, ...types, 'examples/others.d.ts', ...files], { cwd: project });
  });

  for (const block of blocks.filter((block) => isCode(block) && block.marks.includes('runs'))) {
    test(`${where(block)} prints what the page says`, async () => {
      const printed = printedBy(block);
      assert.ok(printed, 'no `text` block follows');
      const whole = wholeText(block);
      // JavaScript is run exactly as it stands.
      const code = block.language === 'js' ? whole : (await transform(whole, { loader: 'ts', format: 'esm' })).code;
      const file = fileOf(block).replace('.mts', '.mjs');
      await writeFile(join(project, file), code);
      const output = await command(process.execPath, [file], { cwd: project, env: { PATH: process.env.PATH, HOME: project } });
      assert.equal(output.trim(), printed.trim());
    });
  }

  test('the commands of the command line run as they stand there', async () => {
    const marked = blocks.filter(({ language, marks }) => language === 'sh' && marks.includes('runs'));
    const lines = marked.flatMap(({ text }) => text.trim().split('\n'));
    assert.ok(lines.length >= 5, `there are ${lines.length} commands`);
    // `npx` takes what is installed in the project; offline, since it must not fetch another.
    const env = { PATH: process.env.PATH, HOME: project, npm_config_offline: 'true', VERCEL_OIDC_TOKEN: '' };
    for (const line of lines) {
      if (line.includes('doctor')) env.VERCEL_OIDC_TOKEN = (await readFile(join(project, 'token.jwt'), 'utf8')).trim();
      const printed = await command('bash', ['-c', line], { cwd: project, env });
      if (line.includes('inspect')) assert.match(printed, /`production` of `acme_website`/);
      if (line.includes('verify') || line.includes('doctor')) assert.match(printed, line.includes('verify') ? /✔ verified/ : /✔/);
    }
  });
});

test('the local package of docs/vercel-oidc.md takes the place of @vercel/oidc below a dependency', async () => {
  const page = blocks.filter((block) => block.page === 'docs/vercel-oidc.md');
  const [local, own] = page.filter(({ language }) => language === 'json').map(({ text }) => JSON.parse(text));
  const { text: code } = page.find(({ language }) => language === 'js');
  const app = join(project, 'overridden');
  const write = (path, content) => mkdir(dirname(join(app, path)), { recursive: true }).then(() => writeFile(join(app, path), content));
  await write('vercel-oidc/package.json', JSON.stringify(local));
  await write('vercel-oidc/index.js', code);
  await write('lib/package.json', JSON.stringify({ name: 'lib', version: '1.0.0', dependencies: { '@vercel/oidc': '3.2.0' } }));
  await write('lib/index.js', "exports.token = async () => await require('@vercel/oidc').getVercelOidcToken();");
  await command('npm', ['pack', '--silent', '--ignore-scripts', './lib'], { cwd: app });
  const dependencies = { ...own.dependencies, countersign: `file:${await tarball()}`, lib: 'file:lib-1.0.0.tgz' };
  await write('package.json', JSON.stringify({ ...own, private: true, type: 'module', dependencies }));
  await command('npm', ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: app });
  await write(
    'main.mjs',
    `import { createTestIssuer } from 'countersign/testing';
     import { token } from 'lib';
     process.env.VERCEL_OIDC_TOKEN = await (await createTestIssuer()).mint();
     console.log((await token()) === process.env.VERCEL_OIDC_TOKEN);
     process.env.VERCEL_OIDC_TOKEN = 'not a token';
     console.log((await token().catch((error) => error)).cause.code);`,
  );
  const printed = await command(process.execPath, ['main.mjs'], { cwd: app, env: { PATH: process.env.PATH, HOME: app } });
  assert.deepEqual(printed.trim().split('\n'), ['true', 'ERR_CREDENTIAL_INVALID']);
});

/** The packages that this repository depends on anywhere. */
async function installedPackages() {
  const folders = ['www', 'www/infra', ...(await readdir(join(root, 'tests'))).map((name) => `tests/${name}`)];
  const manifests = folders.map((folder) => join(root, folder, 'package.json')).filter((path) => existsSync(path));
  const read = await Promise.all(manifests.map(async (path) => JSON.parse(await readFile(path, 'utf8'))));
  return read.flatMap(({ dependencies, devDependencies }) => Object.keys({ ...dependencies, ...devDependencies }));
}

describe('coding agents', () => {
  test('a skill names its folder and says when to use it', async () => {
    const skills = pages.filter(({ path }) => path.startsWith('skills/'));
    assert.deepEqual(
      skills.map(({ path }) => path),
      ['skills/countersign/SKILL.md', 'skills/migrate-from-vercel-oidc/SKILL.md', 'skills/set-up-connectors/SKILL.md'],
    );
    for (const { path, text } of skills) {
      const [, name, description] = /^---\nname: (.*)\ndescription: (.*)\n---\n/.exec(text) ?? [];
      assert.equal(`skills/${name}/SKILL.md`, path);
      assert.match(description, /\bUse when\b/);
      assert.ok(description.length <= 1024, `${path}: the description has ${description.length} characters`);
      const named = [...text.matchAll(/`(?:node_modules\/countersign\/)?(docs\/[\w/-]+\.md)`/g)].map(([, file]) => file);
      assert.ok(named.length > 0, path);
      for (const file of named) assert.ok(existsSync(join(root, file)), `${path}: there is no ${file}`);
    }
  });

  test('pages, skills and llms.txt are in the package', () => {
    const shipped = pages.map(({ path }) => path).filter((path) => path !== 'CONTRIBUTING.md');
    assert.deepEqual(
      shipped.filter((path) => !existsSync(join(project, 'node_modules/countersign', path))),
      [],
    );
  });
});

describe('errors', () => {
  const union = async () => {
    const source = await readFile(join(root, 'pkg-template/src/core/errors.ts'), 'utf8');
    return [.../export type ErrorCode =([^;]+);/.exec(source)[1].matchAll(/'(\w+)'/g)].map(([, code]) => code);
  };

  test('each code has a page in the package, with cause, remedy and example', async () => {
    const codes = await union();
    assert.ok(codes.length >= 20);
    const folder = join(project, 'node_modules/countersign/docs/errors');
    assert.deepEqual((await readdir(folder)).sort(), codes.map((code) => `${code}.md`).sort());
    for (const code of codes) {
      const page = await readFile(join(folder, `${code}.md`), 'utf8');
      const headings = [...page.matchAll(/^#+ .*$/gm)].map(([heading]) => heading);
      assert.deepEqual(headings, [`# ${code}`, '## Cause', '## Remedy', '## Example'], code);
      assert.match(
        page.split('## Example')[1],
        new RegExp(`\\b${code}\\b|describeKeys|retryable`),
        `${code}: the example is about the code`,
      );
    }
  });

  test('`docs` of an error is the path of its page in the package', async () => {
    const { decode } = await import(join(project, 'node_modules/countersign/dist/inline/index.js'));
    const error = await Promise.resolve('not a token')
      .then(decode)
      .catch((thrown) => thrown);
    assert.equal(error.docs, `docs/errors/${error.code}.md`);
    assert.ok(existsSync(join(project, 'node_modules/countersign', error.docs)));
    assert.ok(!JSON.stringify(error).includes('docs/'), 'it is not one more detail of each error');
  });
});

test('docs/environment-variables.md names the variables that the package reads, and no others', async () => {
  const sources = (await readdir(join(root, 'pkg-template/src'), { recursive: true })).filter((name) => name.endsWith('.ts'));
  const texts = await Promise.all(sources.map((name) => readFile(join(root, 'pkg-template/src', name), 'utf8')));
  const read = new Set();
  for (const text of texts) {
    const code = text.replaceAll(/^\s*(\/\/|\*|\/\*).*$/gm, '');
    for (const [, name] of code.matchAll(/'((?:__)?[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'/g)) read.add(name);
    for (const [, name] of code.matchAll(/(?:variable\('|setting\('|\benv\['|\benv\.)([A-Z_]+)\b/g)) read.add(name);
    for (const [, names] of code.matchAll(/\{([^{}]*)\}(?:: NodeJS\.ProcessEnv| = process\.env)\b/g))
      for (const [name] of names.matchAll(/[A-Z][A-Z_]+/g)) read.add(name);
    for (const [, name] of code.matchAll(/\$(COUNTERSIGN_\w+)/g)) read.add(name);
  }
  // Codes of errors and warnings are written alike.
  const others = [...read].filter((name) => /^ERR_|^(ABORT_ERR|NOT_A_FILE|TOO_LARGE|COUNTERSIGN_LOGIN_NOT_SAVED)$/.test(name));
  for (const name of others) read.delete(name);
  const { text } = pages.find(({ path }) => path === 'docs/environment-variables.md');
  const rows = text.split('\n').filter((line) => line.startsWith('| `'));
  const named = rows.flatMap((row) => [...row.split(' | ')[0].matchAll(/`(\w+)`/g)].map(([, name]) => name));
  assert.deepEqual([...new Set(named)].sort(), [...read].sort());
});

/** A page without its blocks and its inline code. */
const prose = (text) => text.replaceAll(/^(\s*)(`{3,})[\s\S]*?^\s*\2$/gm, '').replaceAll(/`[^`\n]*`/g, '`');

/** The anchors that GitHub gives a page's headings. */
function anchorsOf(text) {
  const seen = new Map();
  const withoutBlocks = text.replaceAll(/^(\s*)(`{3,})[\s\S]*?^\s*\2$/gm, '');
  return [...withoutBlocks.matchAll(/^#{1,6} +(.+?)\s*$/gm)].map(([, heading]) => {
    const shown = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', '');
    const slug = shown
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
      .replaceAll(' ', '-');
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
}

/** Where the links of a page lead. */
const linksOf = ({ text }) => [
  ...[...prose(text).matchAll(/\]\(([^()\s]+(?:\([^()\s]*\))?)(?: "[^"]*")?\)/g)].map(([, target]) => target),
  ...[...prose(text).matchAll(/^\[[^\]]+\]: +(\S+)/gm)].map(([, target]) => target),
];
const isOutside = (target) => /^(https|mailto):/.test(target);

/** The path below the root of the file that a link leads to, and its anchor. */
function targetOf({ path }, target) {
  const [file, anchor] = target.split('#', 2);
  return { file: file === '' ? path : relative(root, resolve(root, dirname(path), decodeURIComponent(file))), anchor };
}

describe('links', () => {
  for (const page of pages) {
    test(`${page.path} leads to files and headings that exist`, () => {
      const wrong = [];
      for (const target of linksOf(page).filter((target) => !isOutside(target))) {
        const { file, anchor } = targetOf(page, target);
        if (file.startsWith('..')) wrong.push(`${target}: outside of the repository`);
        else if (!existsSync(join(root, file))) wrong.push(`${target}: there is no ${file}`);
        else if (anchor !== undefined) {
          const other = pages.find(({ path }) => path === file);
          if (!other) wrong.push(`${target}: ${file} is no page`);
          else if (!anchorsOf(other.text).includes(anchor)) wrong.push(`${target}: ${file} has no such heading`);
        }
      }
      assert.deepEqual(wrong, []);
    });

    test(`${page.path} names no folder of a machine`, () => {
      assert.deepEqual(page.text.match(/(?<![\w.])(\/(work|home|Users|root)\/\S*|[A-Z]:\\\S*)/g), null);
    });
  }

  test('a link to another site is to https', () => {
    for (const page of pages)
      assert.deepEqual(
        linksOf(page).filter((target) => /^\w+:/.test(target) && !isOutside(target)),
        [],
        page.path,
      );
  });

  test('every page of docs/ is at most three clicks from the README', () => {
    const reached = new Set(['README.md']);
    for (let clicks = 0; clicks < 3; clicks += 1) {
      for (const page of pages.filter(({ path }) => reached.has(path))) {
        for (const target of linksOf(page).filter((target) => !isOutside(target))) reached.add(targetOf(page, target).file);
      }
    }
    assert.deepEqual(
      pages.map(({ path }) => path).filter((path) => path.startsWith('docs/') && !reached.has(path)),
      [],
    );
  });
});
