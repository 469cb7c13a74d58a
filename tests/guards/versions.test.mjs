// The table of frameworks in docs/guard.md: each row names versions that are installed here, and each framework has a row.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

const read = (path) => readFile(new URL(path, import.meta.url), 'utf8');

const PACKAGES = {
  'Next.js': ['next'],
  Express: ['express'],
  Fastify: ['fastify'],
  Hono: ['hono'],
  h3: ['h3', 'h3-v1'],
  Nitro: ['nitropack'],
  Nuxt: ['nuxt'],
  'React Router': ['react-router'],
  SvelteKit: ['@sveltejs/kit'],
  Astro: ['astro'],
};

test('the table of frameworks names the versions that the tests install', async () => {
  const { devDependencies } = JSON.parse(await read('package.json'));
  const { devDependencies: others } = JSON.parse(await read('../frameworks/package.json'));
  const section = /## Frameworks and versions\n([^]*?)\n## /.exec(await read('../../docs/guard.md'))[1];
  const rows = section
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| framework'))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, framework, versions, entry]) => [framework, versions, entry]);
  const expected = Object.entries(PACKAGES).map(([framework, names]) => [
    framework,
    names.map((name) => (devDependencies[name] ?? others[name]).replace(/^npm:.*@/, '')).join(', '),
  ]);
  assert.deepEqual(Object.fromEntries(rows), Object.fromEntries(expected));
  const { exports } = JSON.parse(await read('node_modules/countersign/package.json'));
  for (const [, , entry] of rows) assert.ok(exports[entry.replaceAll('`', '').replace('countersign', '.')], entry);
  assert.ok(section.includes(`\`@astrojs/node\` ${devDependencies['@astrojs/node']}`));
});
