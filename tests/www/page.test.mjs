// The claim inspector in Chromium.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, describe, test } from 'node:test';
import { createTestIssuer, startApp } from '../../www/scripts/local.mjs';
import { launch, open } from './lib/browser.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SAMPLES = ['production', 'expired preview', 'edited by hand', 'GitHub Actions', 'not Vercel’s', 'cut off'];
const KINDS = ['Google Cloud', 'Azure', 'Countersign', 'AWS'];
const PHONE = { viewport: { width: 360, height: 760 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };

const issuer = await createTestIssuer();
const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

let app, browser, opened;
before(async () => {
  app = await startApp();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await app?.stop();
});
const visit = async (options) => (opened = await open(browser, app.url, options));
afterEach(async () => {
  const { complaints, context } = opened ?? {};
  opened = undefined;
  await context?.close();
  assert.deepEqual(complaints ?? [], [], 'the browser complained');
});

async function pasteByKeyboard({ page, context }, text) {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.evaluate((text) => navigator.clipboard.writeText(text), text);
  await page.keyboard.press('Control+V');
}

describe('reading a token', () => {
  test('a pasted token becomes a sentence, and is called unverified', async () => {
    const view = await visit();
    await view.field.focus();
    await pasteByKeyboard(view, await issuer.mint());
    const { page } = view;
    await page.getByText('Decoded, not verified', { exact: true }).waitFor();
    const sentence = await page.getByRole('heading', { name: /says that the caller is/ }).innerText();
    assert.match(
      sentence,
      /^oidc\.vercel\.com\/acme says that the caller is production of acme_website, owned by acme, and tells vercel\.com\/acme to believe it until/,
    );
    assert.match(await page.locator('.validity').innerText(), /In force\s*59 min|In force\s*1 h/);
    assert.match(
      await page.locator('.reading').getByRole('status').first().innerText(),
      /^Token decoded, not verified\. By its own words it is in force; it expires at/,
    );
  });

  test('a paste outside the field is taken too', async () => {
    const view = await visit();
    await pasteByKeyboard(view, await issuer.mint());
    await view.page.getByText('Decoded, not verified', { exact: true }).waitFor();
  });

  test('a file is opened, and a dropped file as well', async () => {
    const view = await visit();
    const { page } = view;
    await page
      .getByLabel('File with a token')
      .setInputFiles({ name: 'token', mimeType: '', buffer: Buffer.from(`${await issuer.mint()}\n`) });
    await page.getByText('Decoded, not verified', { exact: true }).waitFor();

    await page.getByRole('button', { name: 'Clear' }).click();
    const transfer = await page.evaluateHandle(
      (text) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([text], 'token.jwt'));
        return transfer;
      },
      await issuer.mint({ environment: 'preview' }),
    );
    await page.locator('.token').dispatchEvent('drop', { dataTransfer: transfer });
    await page.getByRole('heading', { name: /is preview of/ }).waitFor();

    await page.getByLabel('File with a token').setInputFiles({ name: 'video.mp4', mimeType: '', buffer: Buffer.alloc(70_000) });
    assert.match(await page.locator('.problem').innerText(), /too large/);
  });

  test('every sample is read', async () => {
    const view = await visit();
    for (const name of SAMPLES) {
      await view.sample(name);
      await view.page.locator(name === 'cut off' ? '.refusal' : '.statement').waitFor();
    }
  });

  test('what people copy along is taken off, and named', async () => {
    const view = await visit();
    const token = await issuer.mint();
    for (const [text, note] of [
      [`Authorization: Bearer ${token}`, 'Read without the header name and “Bearer” around it.'],
      [`VERCEL_OIDC_TOKEN="${token}"\n`, 'Read without the variable name and the quotes around it.'],
      [token.replace(/(.{76})/g, '$1\n'), 'Read without the line breaks around it.'],
    ]) {
      await view.field.fill(text);
      await view.page.getByText('Decoded, not verified', { exact: true }).waitFor();
      assert.equal(await view.page.locator('.token > .aside').innerText(), note);
    }
  });

  test('every claim is explained, with its value and where it is defined', async () => {
    const view = await visit();
    await view.sample('production');
    const entries = await view.page.locator('.entry').evaluateAll((entries) =>
      entries.map((entry) => ({
        name: entry.querySelector('dt').innerText,
        words: entry.querySelector('dd > p:last-child').innerText,
        href: entry.querySelector('a')?.href,
      })),
    );
    assert.deepEqual(entries.map(({ name }) => name).sort(), [
      'alg',
      'aud',
      'environment',
      'exp',
      'iat',
      'iss',
      'kid',
      'nbf',
      'owner',
      'owner_id',
      'project',
      'project_id',
      'scope',
      'sub',
      'typ',
    ]);
    for (const { name, words, href } of entries) {
      assert.ok(words.length > 30, `${name}: ${words}`);
      assert.match(href, /^https:\/\/(www\.rfc-editor\.org\/rfc\/rfc\d+\.html#section-|vercel\.com\/docs\/oidc)/, name);
    }
  });

  test('times are shown here, in UTC and from now', async () => {
    const view = await visit();
    await view.sample('production');
    const times = view.page.locator('.entry', { has: view.page.locator('dt', { hasText: /^exp$/ }) }).locator('.times');
    assert.match(await times.innerText(), /in 4\d min( \d+ s)?[\s\S]*(CET|GMT\+1)[\s\S]*\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/);
  });

  test('pointing at a claim marks the characters that spell it', async () => {
    const view = await visit();
    // Names and values that need care: escapes, nested members of the same name, letters outside ASCII.
    const claims = {
      iss: 'https://example.com',
      'a"b': '}',
      nested: { exp: 1, list: [{ exp: 2 }] },
      exp: 4_000_000_000,
      città: 'Zürich, …',
    };
    await view.field.fill(`${encode({ alg: 'RS256' })}.${encode(claims)}.${encode('x'.repeat(256))}`);
    for (const [name, value] of Object.entries(claims)) {
      await view.page.locator('.entry', { has: view.page.locator(`dt code:text-is(${JSON.stringify(name)})`) }).hover();
      const { before, marked } = await view.page.locator('.ink .ink-claims').evaluate((part) => {
        const mark = part.querySelector('mark');
        let before = 0;
        for (let node = mark.previousSibling; node; node = node.previousSibling) before += node.nodeName === '#text' ? node.length : 0;
        return { before, marked: mark.innerText };
      });
      // Decoded from a boundary of four characters, the marked stretch holds the member whole.
      const aligned = 'A'.repeat(before % 4) + marked;
      const bytes = Buffer.from(aligned, 'base64url').toString();
      assert.ok(bytes.includes(`${JSON.stringify(name)}:${JSON.stringify(value)}`.slice(1, -1)), `${name}: ${bytes}`);
    }
  });

  test('the subject is taken apart and held against the claims', async () => {
    const view = await visit();
    await view.sample('production');
    assert.equal(await view.page.locator('.subject [data-agrees="true"]').count(), 3);
    await view.sample('edited by hand');
    const wrong = view.page.locator('.subject [data-agrees="false"]');
    assert.equal(await wrong.count(), 2);
    assert.match(await wrong.last().innerText(), /environment\s*preview\s*≠[\s\S]*production/);
    assert.match(await view.page.locator('.notes').innerText(), /The token contradicts itself/);
  });

  test('the verifier that it offers is for this token', async () => {
    const view = await visit();
    await view.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await view.sample('production');
    await view.page.getByRole('button', { name: 'Copy verifier code' }).click();
    const code = await view.page.getByLabel('Verifier code', { exact: true }).innerText();
    assert.match(
      code,
      /createVercelVerifier\(\{\s+team: 'acme',\s+projectId: 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3',\s+environment: 'production',\s+\}\)/,
    );
    await view.page.getByText('Copied verifier code.').waitFor({ state: 'attached' });
    await view.field.fill('');
    await view.field.focus();
    await view.page.keyboard.press('Control+V');
    assert.equal(await view.field.inputValue(), code);
  });

  test('a hostile token can only write its own text', async () => {
    const view = await visit();
    const claims = `{"iss":"<img src=x onerror=alert(1)>","__proto__":{"exp":1},"constructor":"x","toString":1,"exp":1e300,"nbf":"soon","iat":-1,"aud":[1,null,{}],"sub":null}`;
    await view.field.fill(`${encode({ alg: 'RS256', kid: '`<b>`' })}.${encode(claims)}.AAAA`);
    await view.page.getByText('Decoded, not verified', { exact: true }).waitFor();
    assert.equal(await view.page.locator('.reading img, .reading dd b').count(), 0);
  });

  test('a text of a megabyte is refused at once', async () => {
    const view = await visit();
    for (const text of ['.'.repeat(1_000_000), 'a'.repeat(1_000_000), `a.${' '.repeat(1_000_000)}.b`]) {
      const begun = Date.now();
      await view.page.evaluate((text) => {
        const clipboardData = new DataTransfer();
        clipboardData.setData('text', text);
        document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
      }, text);
      assert.equal(await view.page.getByTestId('error-code').innerText(), 'ERR_JWS_INVALID');
      assert.ok(Date.now() - begun < 5000);
      await view.page.getByRole('button', { name: 'Clear' }).click();
    }
  });
});

describe('what is not a token', () => {
  const cases = {
    'two parts': ['eyJhbGciOiJSUzI1NiJ9.e30', 'ERR_JWS_INVALID', /signature is missing/],
    'an opaque key': ['vck_9f3bA7cQ', 'ERR_JWS_INVALID', /opaque key/],
    'an encrypted token': ['eyJhbGciOiJSUzI1NiJ9.a.b.c.d', 'ERR_JWS_INVALID', /encrypted token/],
    'plain base64': [`${encode({ alg: 'RS256' })}.e30+.AAAA`, 'ERR_JWS_INVALID', /Character \d+ of \d+: “\+” belongs to plain base64/],
    'claims that are a list': [`${encode({ alg: 'RS256' })}.${encode([])}.AAAA`, 'ERR_JWT_INVALID', /middle part/],
    'a repeated claim': [`${encode({ alg: 'RS256' })}.${encode('{"sub":"a","sub":"b"}')}.AAAA`, 'ERR_JWT_INVALID', /middle part/],
  };
  for (const [name, [text, code, hint]] of Object.entries(cases)) {
    test(`${name}: ${code}`, async () => {
      const view = await visit();
      await view.field.fill(text);
      assert.equal(await view.page.getByTestId('error-code').innerText(), code);
      assert.match(await view.page.locator('.refusal').innerText(), hint);
      assert.match(await view.page.locator('.reading').getByRole('status').first().innerText(), /^Not a token/);
      assert.equal(await view.field.getAttribute('aria-invalid'), 'true');
    });
  }
});

describe('the time line', () => {
  test('shows issue, expiry and now, and can be asked about another moment', async () => {
    const view = await visit();
    const { page } = view;
    await view.sample('production');
    const line = page.locator('.line-of-time');
    assert.match(await line.innerText(), /now[\s\S]*issued, not before[\s\S]*expires/);
    const slider = page.getByRole('slider', { name: 'Moment to check' });
    assert.equal(await slider.getAttribute('aria-valuetext'), 'now, in force');
    await slider.focus();
    await page.keyboard.press('End');
    assert.match(await slider.getAttribute('aria-valuetext'), /UTC, in .*: expired$/);
    await page.keyboard.press('Home');
    assert.match(await slider.getAttribute('aria-valuetext'), /UTC, .* ago: not yet valid$/);
    await page.getByRole('button', { name: 'Back to now' }).click();
    assert.equal(await slider.getAttribute('aria-valuetext'), 'now, in force');
  });

  test('now moves by itself, over the expiry', async () => {
    const view = await visit();
    const now = Math.floor(Date.now() / 1000);
    await view.field.fill(await issuer.mint({ iat: now - 10, nbf: now - 10, exp: now + 5 }));
    await view.page.locator('.validity[data-validity="in force"]').waitFor();
    const place = () => view.page.locator('.needle').evaluate((needle) => needle.getBoundingClientRect().x);
    const earlier = await place();
    await view.page.locator('.validity[data-validity="expired"]').waitFor({ timeout: 20_000 });
    assert.ok((await place()) > earlier);
  });

  test('a token without times has no time line, and is called endless', async () => {
    const view = await visit();
    await view.field.fill(`${encode({ alg: 'RS256' })}.${encode({ sub: 'x' })}.AAAA`);
    await view.page.locator('.validity[data-validity="without expiry"]').waitFor();
    assert.equal(await view.page.locator('.timeline').count(), 0);
    assert.match(await view.page.locator('.notes').innerText(), /No expiry/);
  });
});

describe('the signature', () => {
  const TEST_KEYS = 'Use the test issuer’s keys';

  test('is checked against keys that are pasted, and the stamp says how it went', async () => {
    const view = await visit();
    const { page } = view;
    const keys = page.getByRole('textbox', { name: 'Check the signature' });
    await view.field.fill(await issuer.mint());
    await keys.fill(JSON.stringify(issuer.jwks));
    await page.getByText('The signature fits.', { exact: true }).waitFor();
    assert.equal(await page.locator('.stamp strong').innerText(), 'Signature fits');
    assert.match(await page.getByRole('list', { name: 'The keys' }).innerText(), /mrk-test-1\s+RS256\s+the one that the header names/);

    await keys.fill(
      JSON.stringify({
        keys: [
          { ...issuer.jwks.keys[0], e: 'AQ' },
          { kty: 'oct', k: 'AQ' },
        ],
      }),
    );
    await page.getByText('It cannot be checked.', { exact: true }).waitFor();
    assert.equal(await page.locator('.keys [data-usable="false"]').count(), 2);
    for (const [text, words] of [
      ['-----BEGIN PUBLIC KEY-----', /This is PEM/],
      ['{', /This is not JSON/],
      ['{}', /This is no key set/],
      ['{"keys":[]}', /no key set|None of these keys/],
    ]) {
      await keys.fill(text);
      assert.match(await page.locator('.outcome').innerText(), words);
      assert.equal(await page.locator('.stamp strong').innerText(), 'Decoded, not verified');
    }
    await keys.fill(JSON.stringify(issuer.jwks.keys[0]));
    await page.getByText('The signature fits.', { exact: true }).waitFor();
  });

  test('fits the samples but the edited one, whatever their algorithm, and though they have expired', async () => {
    const view = await visit();
    await view.sample('production');
    await view.page.getByRole('button', { name: TEST_KEYS }).click();
    for (const [name, stamp] of [
      ['expired preview', 'Signature fits'],
      ['edited by hand', 'Signature does not fit'],
      ['GitHub Actions', 'Signature fits'],
      ['not Vercel’s', 'Signature fits'],
    ]) {
      await view.sample(name);
      assert.equal(await view.page.locator('.stamp strong').innerText(), stamp, name);
    }
  });

  test('the issuer’s keys are a link away, and only where the page knows the address', async () => {
    const view = await visit();
    const { page } = view;
    const link = page.getByRole('link', { name: 'the issuer’s keys, in a new tab' });
    await view.field.fill(await issuer.mint({}, { header: { kid: 'mrk-1' } }));
    assert.equal(await link.getAttribute('href'), 'https://oidc.vercel.com/acme/.well-known/jwks');
    await view.field.fill(await issuer.mint({ iss: 'https://evil.example' }, { header: { kid: 'mrk-1' } }));
    await page.getByRole('heading', { name: /^evil\.example/ }).waitFor();
    assert.equal(await link.count(), 0);
  });

  test('without an issuer, or without a public-key algorithm, it says why not', async () => {
    const view = await visit();
    for (const [claims, header, words] of [
      [{ iss: undefined }, {}, /no usable `?iss/],
      [{}, { alg: 'HS256' }, /not one that public keys/],
      [{}, { alg: 'none' }, /not one that public keys/],
    ]) {
      await view.field.fill(await issuer.mint(claims, { header }));
      await view.page.getByRole('textbox', { name: 'Check the signature' }).fill(JSON.stringify(issuer.jwks));
      assert.match(await view.page.locator('.outcome').innerText(), words);
    }
  });
});

describe('a policy', () => {
  const decision = (page) => page.locator('.decision').innerText();

  test('the least one of each cloud lets the token in', async () => {
    const view = await visit();
    await view.sample('production');
    for (const kind of ['AWS', ...KINDS]) {
      await view.page.getByRole('radio', { name: kind }).check();
      assert.match(await decision(view.page), /^Let in\./, kind);
      assert.equal(await view.page.locator('.conditions [data-passed="false"]').count(), 0);
    }
  });

  test('that refuses is explained: the condition, the value wanted, the value found, the fix', async () => {
    const view = await visit();
    const { page } = view;
    await view.sample('production');
    await page.getByRole('button', { name: 'preview only' }).click();
    assert.match(await decision(page), /^Refused\./);
    const wrong = page.locator('.conditions [data-passed="false"]');
    assert.equal(await wrong.count(), 1);
    assert.match(
      await wrong.innerText(),
      /line \d+[\s\S]*wanted\s+owner:acme:project:acme_website:environment:preview\s+found\s+owner:acme:project:acme_website:environment:production/,
    );
    assert.ok((await wrong.locator('.fix').innerText()).length > 10);
    await view.shot('policy-refused');
    await page.getByRole('button', { name: 'any project' }).click();
    assert.match(await page.getByRole('list', { name: 'Who else gets in' }).innerText(), /project/);
    await page.getByRole('button', { name: 'Back to the least' }).click();
    assert.match(await decision(page), /^Let in\./);
  });

  test('that is edited stays for the next token, and a syntax error is shown with its line', async () => {
    const view = await visit();
    const { page } = view;
    await view.sample('production');
    const editor = page.getByRole('textbox', { name: 'The role’s trust policy' });
    const policy = await editor.inputValue();
    await editor.fill(policy.replace('"Allow"', '"Allow",!'));
    assert.match(await decision(page), /^Not a policy[\s\S]*line \d+/);
    await editor.fill(`${policy}\n`);
    await view.sample('expired preview');
    assert.match(await decision(page), /^Refused\./);
    assert.equal(await editor.inputValue(), `${policy}\n`);
  });

  test('is generated in every form, with the reader’s own numbers, and copied', async () => {
    const view = await visit();
    const { page, context } = view;
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await view.sample('production');
    await page.getByLabel('Account').fill('210987654321');
    for (const [form, words] of [
      ['Terraform', /resource "aws_iam_role"/],
      ['Pulumi', /new aws\.iam\.Role/],
      ['SST', /aws\.iam\.Role/],
      ['Command line', /aws iam create-role/],
      ['JSON', /210987654321/],
    ]) {
      await page.getByRole('radio', { name: form }).check();
      assert.match(await page.getByLabel(`The least policy: ${form}`).innerText(), words);
    }
    await page.getByRole('button', { name: 'Copy JSON' }).click();
    await page.getByText('Copied JSON.').waitFor({ state: 'attached' });
    // The page may not read the clipboard; a paste may.
    const editor = page.getByRole('textbox', { name: 'The role’s trust policy' });
    await editor.fill('');
    await page.keyboard.press('Control+V');
    assert.match(await editor.inputValue(), /arn:aws:iam::210987654321:oidc-provider/);
    await page.getByLabel('Account').fill('21');
    await page.locator('.generated .problem').waitFor();
  });
});

describe('privacy', () => {
  test('after the page has loaded nothing is requested, stored or put in the address', async () => {
    const view = await visit();
    const { page, context, requests } = view;
    // The last script is requested when React has started, which takes a busy machine longer than the half second without requests.
    await page.waitForTimeout(3000);
    requests.length = 0;
    const token = await issuer.mint();
    await view.field.focus();
    await pasteByKeyboard(view, token);
    await page.getByText('Decoded, not verified', { exact: true }).waitFor();
    await page.locator('.entry').first().hover();
    await page.getByRole('button', { name: 'Copy claims as JSON' }).click();
    await page.getByRole('slider').press('End');
    await page.getByRole('button', { name: 'Use the test issuer’s keys' }).click();
    await page.getByText('The signature fits.').waitFor();
    await page.getByLabel('The role’s trust policy').fill('{}');
    for (const kind of KINDS) await page.getByRole('radio', { name: kind }).check();
    for (const name of SAMPLES) await view.sample(name);
    await view.field.fill(token);
    await page.waitForTimeout(2000);

    assert.deepEqual(requests, []);
    assert.equal(page.url(), `${app.url}/`);
    assert.deepEqual(await context.cookies(), []);
    const kept = await page.evaluate(async () => ({
      local: { ...localStorage },
      session: { ...sessionStorage },
      databases: await indexedDB.databases(),
      caches: await caches.keys(),
      state: JSON.stringify(history.state),
    }));
    assert.deepEqual([kept.local, kept.session, kept.databases, kept.caches], [{}, {}, [], []]);
    assert.ok(!kept.state.includes(token.slice(0, 20)));

    await page.reload();
    assert.equal(await view.field.inputValue(), '');
  });

  test('the browser itself refuses to send anything', async () => {
    const view = await visit();
    view.requests.length = 0;
    const outcomes = await view.page.evaluate(async () => {
      const blocked = [];
      document.addEventListener('securitypolicyviolation', (event) => blocked.push(event.effectiveDirective));
      const fetched = await fetch('/api/health').then(
        () => 'sent',
        () => 'refused',
      );
      navigator.sendBeacon('/beacon', 'token');
      new Image().src = '/pixel?token';
      try {
        new WebSocket('ws://127.0.0.1:9/');
      } catch {}
      await new Promise((resolve) => setTimeout(resolve, 300));
      return { fetched, blocked };
    });
    assert.equal(outcomes.fetched, 'refused');
    assert.deepEqual(outcomes.blocked.sort(), ['connect-src', 'connect-src', 'connect-src', 'img-src']);
    // These complaints are what was wanted.
    assert.ok(
      view.complaints.every((text) => /Content Security Policy|Fetch API/.test(text)),
      view.complaints.join('\n'),
    );
    view.complaints.length = 0;
  });

  test('the policy has a fresh nonce and no way round it', async () => {
    const view = await visit();
    const policy = view.response.headers()['content-security-policy'];
    assert.match(policy, /default-src 'self'; script-src 'self' 'nonce-[\w+/=]{20,}' 'wasm-unsafe-eval';/);
    assert.ok(!/unsafe-inline|'unsafe-eval'|\*|https?:/.test(policy), policy);
    const again = await fetch(app.url);
    assert.notEqual(again.headers.get('content-security-policy'), policy);
    assert.equal(again.headers.get('referrer-policy'), 'no-referrer');
    assert.equal(again.headers.get('x-content-type-options'), 'nosniff');
    assert.equal(again.headers.get('x-powered-by'), null);
  });

  test('spell checkers and form fillers are kept off', async () => {
    const view = await visit();
    for (const [name, value] of [
      ['spellcheck', 'false'],
      ['autocomplete', 'off'],
      ['translate', 'no'],
    ]) {
      assert.equal(await view.field.getAttribute(name), value);
    }
  });
});

describe('for everyone', () => {
  test('by keyboard alone', async () => {
    const view = await visit();
    const { page } = view;
    const focused = () =>
      page.evaluate(() => {
        const { activeElement: element } = document;
        if (element === document.body) return {};
        const ring = getComputedStyle(element.closest('.paper') ?? element);
        return {
          name: element.getAttribute('aria-label') ?? element.labels?.[0]?.innerText ?? element.innerText,
          id: element.id,
          ring: ring.outlineStyle !== 'none' && ring.outlineWidth !== '0px',
        };
      });
    await page.keyboard.press('Tab');
    assert.equal((await focused()).name, 'Skip to the token field');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement?.id === 'token');
    await page.keyboard.press('Tab');
    assert.equal((await focused()).name, 'production');
    await page.keyboard.press('Enter');
    await page.getByText('Decoded, not verified', { exact: true }).waitFor();

    const seen = [];
    for (let stop = 0; stop < 120; stop++) {
      await page.keyboard.press('Tab');
      const { name, ring } = await focused();
      if (!name || seen.includes(name)) break;
      assert.ok(ring, `no focus ring on ${name}`);
      seen.push(name);
    }
    for (const name of [
      'Moment to check',
      'Copy claims as JSON',
      'Copy iss',
      'iss: RFC 7519, 4.1.1, in a new tab',
      'Copy policy',
      'Copy JSON',
      'Copy verifier code',
    ]) {
      assert.ok(seen.includes(name), `${name} cannot be reached: ${seen.join(', ')}`);
    }
  });

  const looks = { light: {}, dark: { colorScheme: 'dark' }, phone: PHONE, 'phone-dark': { ...PHONE, colorScheme: 'dark' } };
  for (const [look, options] of Object.entries(looks)) {
    test(`${look}: fits, and axe finds nothing`, async () => {
      const view = await visit(options);
      const { page } = view;
      const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number));
      assert.equal(background[0] < 64, options.colorScheme === 'dark');
      for (const state of ['empty', ...SAMPLES]) {
        if (state !== 'empty') await view.sample(state);
        await view.shot(`${look}-${state.replace(/\W+/g, '-')}`);
        const { width, inner } = await page.evaluate(() => ({ width: document.documentElement.scrollWidth, inner: innerWidth }));
        assert.ok(width <= inner, `${state}: ${width} px of content in ${inner} px`);
        await page.evaluate(AXE);
        const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
        const found = violations.map(
          ({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join('; ')}`,
        );
        assert.deepEqual(found, [], state);
      }
    });
  }

  test('at 200 % text size nothing is cut off sideways', async () => {
    const view = await visit({ viewport: { width: 640, height: 900 } });
    await view.page.evaluate(() => document.documentElement.style.setProperty('font-size', '200%'));
    await view.sample('production');
    assert.ok(await view.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  });

  test('an address that does not exist gets a page of its own', async () => {
    const view = await visit();
    const response = await view.page.goto(`${app.url}/nowhere`);
    assert.equal(response.status(), 404);
    await view.page.getByRole('heading', { name: 'No such page' }).waitFor();
    assert.deepEqual(
      view.complaints.filter((text) => !/404/.test(text)),
      [],
    );
    view.complaints.length = 0;
  });
});
