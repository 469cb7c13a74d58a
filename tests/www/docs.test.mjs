// The pages of the documentation: over HTTP, all of them, and in Chromium.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { after, before, describe, test } from 'node:test';
import { startApp } from '../../www/scripts/local.mjs';
import { launch, open } from './lib/browser.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PACKAGE = fileURLToPath(new URL('../../www/node_modules/countersign/', import.meta.url));
const PHONE = { viewport: { width: 360, height: 760 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };

/** The address of each page that the package ships, from the names of its files. */
const FILES = new Map([
  ['/docs/readme', 'README.md'],
  ['/docs/changelog', 'CHANGELOG.md'],
  ['/docs/security', 'SECURITY.md'],
  ...readdirSync(`${PACKAGE}docs`, { recursive: true })
    .filter((name) => name.endsWith('.md'))
    .map((name) => [name === 'README.md' ? '/docs' : `/docs/${name.slice(0, -3)}`, `docs/${name}`]),
]);

let app, browser;
before(async () => {
  app = await startApp();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await app?.stop();
});

describe('over HTTP', () => {
  const pages = new Map();
  before(async () => {
    for (const href of FILES.keys()) {
      const response = await fetch(app.url + href);
      pages.set(href, { status: response.status, html: await response.text() });
    }
  });

  test('every page of the package is shown, with its title', () => {
    assert.ok(FILES.size > 60, `${FILES.size} pages`);
    for (const [href, file] of FILES) {
      const { status, html } = pages.get(href);
      assert.equal(status, 200, href);
      const [, title] = readFileSync(PACKAGE + file, 'utf8').match(/^# (.+)$/m);
      const [, shown] = html.match(/<title>(.*?) · Countersign<\/title>/);
      assert.equal(plain(shown), title.replaceAll('`', ''), href);
    }
  });

  test('every link leads to a page and to a heading that exist', () => {
    const wrong = [];
    let links = 0;
    for (const [href, { html }] of pages) {
      const article = html.slice(html.indexOf('<article'), html.indexOf('</article>'));
      for (const [, target] of article.matchAll(/<a href="([^"]*)"/g)) {
        links += 1;
        if (/^https:\/\//.test(target)) continue;
        const [path, anchor] = target.split('#');
        const page = path === '' ? pages.get(href) : (pages.get(path) ?? (path === '/' ? { html: '' } : undefined));
        if (!page) wrong.push(`${href}: ${target}`);
        else if (anchor && !page.html.includes(` id="${anchor}"`)) wrong.push(`${href}: ${target} (no such heading)`);
      }
    }
    assert.deepEqual(wrong, []);
    assert.ok(links > 200, `${links} links`);
  });

  test('comments of the sources are not shown, and code is highlighted', () => {
    const { html } = pages.get('/docs/verify');
    assert.ok(!html.includes('&lt;!--') && !/<article[^]*<!-- (continues|runs|framework)/.test(html));
    assert.match(html, /<code class="hljs language-ts"><span class="hljs-keyword">import<\/span>/);
  });

  test('an address without a page is answered with 404, also one that leaves the folder', async () => {
    for (const path of [
      '/docs/nothing',
      '/docs/errors',
      '/docs/..%2fREADME',
      '/docs/%2e%2e/package',
      '/docs/verify/more',
      '/docs/__proto__',
    ]) {
      const { status } = await fetch(app.url + path);
      assert.equal(status, FILES.has(path) ? 200 : 404, path);
    }
  });
});

describe('in Chromium', () => {
  const visit = async (path, options, check) => {
    const view = await open(browser, app.url + path, options);
    await check(view);
    assert.deepEqual(view.complaints, [], 'the browser complained');
    await view.context.close();
  };

  test('a search finds an option, an error code and a variable, and leads to the section', () =>
    visit('/docs', {}, async ({ page, requests }) => {
      const field = page.getByRole('searchbox');
      const results = page.locator('.docs-search ol a');
      for (const [text, href] of [
        ['clockTolerance', /^\/docs\/verify/],
        ['err_jwt_expired', /^\/docs\/errors\/ERR_JWT_EXPIRED$/],
        ['VERCEL_OIDC_TOKEN_FILE', /^\/docs\/(credentials|environment-variables)/],
        ['sveltekit', /^\/docs\/guard#sveltekit/],
      ]) {
        await field.fill(text);
        await results.first().waitFor();
        const hrefs = await results.evaluateAll((links) => links.map((link) => link.getAttribute('href')));
        assert.ok(
          hrefs.slice(0, 5).some((found) => href.test(found)),
          `${text}: ${hrefs}`,
        );
      }
      await field.fill('no such word anywhere');
      await page.getByText('Nothing found.').waitFor();
      // Everything came with the page: its policy forbids connections.
      assert.ok(requests.every((request) => request.startsWith(`GET ${app.url}`)));
      await field.fill('guard express');
      await results.first().click();
      await page.waitForURL(/\/docs\/guard/);
    }));

  test('the index, the inspector and the pages lead to each other', () =>
    visit('/', {}, async ({ page, field }) => {
      await field.fill('eyJhbGciOiJSUzI1NiJ9.e30');
      const code = await page.getByTestId('error-code').innerText();
      await page.getByRole('link', { name: 'Cause and remedy' }).click();
      await page.waitForURL(`**/docs/errors/${code}`);
      assert.equal(await page.getByRole('heading', { level: 1 }).innerText(), code);
      await page.getByRole('link', { name: 'Countersign', exact: true }).click();
      await page.getByRole('searchbox').waitFor();
      await page.getByRole('link', { name: 'Claim inspector', exact: true }).first().click();
      await page.getByRole('link', { name: 'Documentation', exact: true }).waitFor();
    }));

  for (const [name, options] of [
    ['desktop', {}],
    ['phone', PHONE],
    ['dark', { colorScheme: 'dark' }],
  ]) {
    test(`${name}: nothing runs out of the window, and axe has no complaint`, async () => {
      for (const path of ['/docs', '/docs/verify', '/docs/errors/ERR_JWT_EXPIRED', '/docs/performance']) {
        await visit(path, { bypassCSP: true, ...options }, async ({ page, shot }) => {
          const { scroll, width } = await page.evaluate(() => ({ scroll: document.documentElement.scrollWidth, width: innerWidth }));
          assert.ok(scroll <= width, `${path}: ${scroll} px in a window of ${width}`);
          await shot(`docs-${path.split('/').at(-1)}-${name}`);
          await page.addScriptTag({ content: AXE });
          const { violations } = await page.evaluate(() => axe.run());
          assert.deepEqual(
            violations.map(({ id, nodes }) => `${path} ${id}: ${nodes.map(({ html }) => html).join(' ')}`),
            [],
          );
        });
      }
    });
  }
});

/** Text without the entities of HTML. */
function plain(html) {
  return html.replaceAll('&#x27;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
}
