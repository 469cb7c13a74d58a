// What Chromium's console shows of objects that hold a secret: its text, and the preview that the developer tools draw.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { entriesOf, installProject } from './install.mjs';
import { FLAGS } from './runtimes/chromium.mjs';

const SCRIPT = `
import * as entries from './entries.mjs';
import { holders } from './cases/secrets.mjs';

/** Objects whose secrets only a browser's console would show. */
async function more({ countersign, connectMcp, refresh, testing }) {
  const issuer = await testing.createTestIssuer();
  const claims = { ref: 'hush-expected' };
  const verifier = countersign.createVerifier({ issuer: issuer.issuer, audience: null, jwks: issuer.jwks, claims });
  const refused = await verifier.verify(await issuer.mint({ ref: 'hush-found' })).catch((error) => error);
  const challenge = { connector: 'a', subject: { type: 'app' }, url: 'https://a.example', request: 'r', verifier: 'hush-verifier' };
  let schedule;
  const token = await new Promise((resolve, onError) => {
    schedule = refresh.scheduleRefresh(resolve, { token: () => 'hush-token', onError });
  });
  schedule.stop();
  if (![refused.found, ...refused.expected, token.value].every((text) => text.includes('hush'))) throw new Error('no secrets');
  return [['an error', refused], ['a consent', new connectMcp.ConsentRequiredError(challenge)], ['a token', token], ['a schedule', schedule]];
}

window.printed = (async () => {
  const all = [...(await holders(entries)), ...(await more(entries))];
  for (const [, object] of all) {
    for (const print of ['log', 'info', 'warn', 'debug', 'dir', 'dirxml', 'table', 'trace', 'group']) console[print](object);
    console.groupEnd();
    console.log({ nested: [object] });
    console.log('%o %O %s %j', object, object, String(object), JSON.stringify(object));
    console.table([object]);
    console.assert(false, object);
  }
  return all.length;
})();
`;

let server;
let browser;
let page;
before(async () => {
  const project = await installProject('printing-chromium');
  const { exports } = JSON.parse(await readFile(join(project, 'node_modules/countersign/package.json'), 'utf8'));
  const address = (entry) => `/node_modules/countersign/${exports[entry.replace('countersign', '.')].default.default.slice(2)}`;
  const imports = Object.fromEntries((await entriesOf(project)).map(([, entry]) => [entry, address(entry)]));
  const html = `<script type="importmap">${JSON.stringify({ imports })}</script><script type="module" src="/print.mjs"></script>`;
  const files = { '/page.html': html, '/print.mjs': SCRIPT };
  server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url, 'http://localhost').pathname);
    const body = files[path] ?? (await readFile(join(project, path)).catch(() => undefined));
    if (body === undefined) return response.writeHead(404).end();
    response.writeHead(200, { 'content-type': extname(path) === '.html' ? 'text/html' : 'text/javascript' });
    response.end(body);
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
  page = await browser.newPage();
  // A busy machine needs more than the thirty seconds that are the default.
  page.setDefaultTimeout(240_000);
});
after(async () => {
  await browser?.close();
  server?.close();
});

test("Chromium's console and its previews show no secret", { timeout: 300_000 }, async () => {
  const client = await page.context().newCDPSession(page);
  const calls = [];
  client.on('Runtime.consoleAPICalled', (call) => calls.push(call));
  await client.send('Runtime.enable');
  await page.goto(`http://127.0.0.1:${server.address().port}/page.html`, { waitUntil: 'load' });
  const count = await page.evaluate(() => window.printed);
  assert.ok(count >= 9);
  // Ten printers and five forms for each object.
  while (calls.length < count * 14) await new Promise((resolve) => setTimeout(resolve, 20));
  const texts = calls.map((call) => JSON.stringify(call));
  assert.ok(
    texts.some((text) => text.includes('preview')),
    'there are previews',
  );
  // The own members, as the developer tools list them where a person opens an object. An accessor shows no value until it is clicked.
  for (const { args } of calls) {
    for (const { objectId } of args.filter(({ objectId }) => objectId)) {
      const { result } = await client.send('Runtime.getProperties', { objectId, ownProperties: true, generatePreview: true });
      texts.push(JSON.stringify(result.filter(({ name }) => name !== '__proto__')));
    }
  }
  assert.ok(texts.length > calls.length);
  assert.deepEqual(
    texts.filter((text) => text.includes('hush')),
    [],
  );
});
