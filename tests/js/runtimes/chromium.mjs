// Chromium, with the package's files imported as they are, and once more as Vite builds them.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { chromium } from 'playwright-core';
import { build } from 'vite';
import { entriesOf } from '../install.mjs';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript' };
// All that the package may ask of a page: its scripts, and to compile WebAssembly. No connection.
const POLICY = "default-src 'none'; script-src 'self' 'nonce-map' 'wasm-unsafe-eval'";
/** How it starts: without what asks for the network. */
export const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Imports the installed files by an import map that says what `exports` says under `default`. */
export async function chromiumDirect(project) {
  const { exports } = JSON.parse(await readFile(join(project, 'node_modules/countersign/package.json'), 'utf8'));
  const address = (entry) => `/node_modules/countersign/${exports[entry.replace('countersign', '.')].default.default.slice(2)}`;
  const imports = Object.fromEntries((await entriesOf(project)).map(([, entry]) => [entry, address(entry)]));
  const map = `<script type="importmap" nonce="map">${JSON.stringify({ imports })}</script>`;
  return open(project, (html) => html.replace('<script', `${map}\n<script`));
}

export async function chromiumVite(project) {
  const outDir = join(project, 'vite');
  await build({
    root: project,
    configFile: false,
    logLevel: 'error',
    build: { outDir, emptyOutDir: true, rolldownOptions: { input: join(project, 'page.html') } },
  });
  return open(outDir, (html) => html);
}

async function open(folder, edit) {
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url, 'http://localhost').pathname);
    try {
      const body = await readFile(join(folder, path));
      response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream', 'content-security-policy': POLICY });
      response.end(path === '/page.html' ? edit(body.toString()) : body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
  try {
    const page = await browser.newPage();
    const problems = [];
    page.on('pageerror', (error) => problems.push(error.stack));
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    await page.goto(`http://127.0.0.1:${server.address().port}/page.html`);
    const results = await page.evaluate(() => window.results);
    if (!results) throw new Error(`the page did not run the suite: ${problems.join('\n')}`);
    return results;
  } finally {
    await browser.close();
    server.close();
  }
}
