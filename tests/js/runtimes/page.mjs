// The page that runs the suite in a browser, and its server.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { entriesOf } from '../install.mjs';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript' };
// All that the package may ask of a page: its scripts, and to compile WebAssembly. No connection.
const POLICY = "default-src 'none'; script-src 'self' 'nonce-map' 'wasm-unsafe-eval'";

/** Serves the installed files, with an import map that says what `exports` says under `default`. */
export async function serveDirect(project) {
  const { exports } = JSON.parse(await readFile(join(project, 'node_modules/countersign/package.json'), 'utf8'));
  const address = (entry) => `/node_modules/countersign/${exports[entry.replace('countersign', '.')].default.default.slice(2)}`;
  const imports = Object.fromEntries((await entriesOf(project)).map(([, entry]) => [entry, address(entry)]));
  const map = `<script type="importmap" nonce="map">${JSON.stringify({ imports })}</script>`;
  return serve(project, (html) => html.replace('<script', `${map}\n<script`));
}

/** Serves a folder with a `page.html`; returns the page's URL, and a function that ends the server. */
export async function serve(folder, edit = (html) => html) {
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
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${server.address().port}/page.html`, close };
}

/** Opens the page in a browser's tab, of Playwright or Puppeteer, and returns the results of the suite. */
export async function resultsOf(page, url) {
  const problems = [];
  page.on('pageerror', (error) => problems.push(error.stack));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  await page.goto(url);
  const results = await page.evaluate(async () => JSON.stringify(await window.results));
  if (!results) throw new Error(`the page did not run the suite: ${problems.join('\n')}`);
  return JSON.parse(results);
}
