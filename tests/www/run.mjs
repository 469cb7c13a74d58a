#!/usr/bin/env node
// Runs the tests of the demo app. Needs `npm ci` here and in www, a built www (`next build`), and Chromium.
//   node tests/www/run.mjs [cron | docs | page | routes | soak | upload]

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const chromium = process.env.CHROMIUM ?? '/usr/bin/chromium';
const missing = [
  [here('node_modules/playwright-core'), 'run `npm ci` in tests/www'],
  [here('../../www/node_modules/countersign'), 'run `cargo xtask build`, then `npm ci` in www'],
  [here('../../www/.next/BUILD_ID'), 'run `npm run build` in www'],
  [chromium, 'install Chromium (Debian: apt-get install chromium), or set CHROMIUM to its path'],
].filter(([path]) => !existsSync(path));
if (missing.length > 0) {
  for (const [, remedy] of missing) console.error(`tests/www: ${remedy}`);
  process.exit(2);
}

const suites = process.argv.length > 2 ? process.argv.slice(2) : ['routes', 'cron', 'upload', 'docs', 'page'];
console.log(`tests/www: ${suites.join(' and ')} against \`next start\`; pictures go to target/www-screenshots`);
const files = suites.map((suite) => here(`${suite}.test.mjs`));
// One file after the other: each starts servers, and the page's also a browser.
const { status } = spawnSync(process.execPath, ['--test', '--test-concurrency=1', '--test-reporter=spec', ...files], { stdio: 'inherit' });
process.exit(status ?? 1);
