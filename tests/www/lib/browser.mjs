// Chromium, and a page that keeps account of everything it asked for or complained about.

import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
export const hasChromium = () => existsSync(CHROMIUM);

const SHOTS = fileURLToPath(new URL('../../../target/www-screenshots/', import.meta.url));

export const launch = () =>
  chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });

/** A fresh profile with the page open and at rest. */
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    locale: 'en-GB',
    timezoneId: 'Europe/Vienna',
    ...options,
  });
  // A busy machine needs more than the thirty seconds that are the default.
  context.setDefaultTimeout(120_000);
  const page = await context.newPage();
  const [requests, complaints] = [[], []];
  page.on('request', (request) => requests.push(`${request.method()} ${request.url()}`));
  page.on('websocket', (socket) => requests.push(`WS ${socket.url()}`));
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  const response = await page.goto(url, { waitUntil: 'networkidle' });
  return {
    page,
    context,
    response,
    requests,
    complaints,
    field: page.getByRole('textbox', { name: 'Token' }),
    /** Samples are signed first, which takes a moment. */
    async sample(name) {
      const before = await page.locator('#token').inputValue();
      await page.getByRole('button', { name, exact: true }).click();
      await page.waitForFunction((before) => document.getElementById('token').value !== before, before);
    },
    async shot(name) {
      mkdirSync(SHOTS, { recursive: true });
      // After the entrance of the sections, which would blur the picture.
      await page.waitForTimeout(300);
      await page.screenshot({ path: `${SHOTS}${name}.png`, fullPage: true });
    },
  };
}
