// Firefox, by WebDriver BiDi, with the package's files imported as they are. Its engine is SpiderMonkey.
import puppeteer from 'puppeteer-core';
import { serveDirect } from './page.mjs';

export async function firefox(project) {
  const { url, close } = await serveDirect(project);
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
    protocolTimeout: 300_000,
    // Nothing is asked of the network.
    extraPrefsFirefox: { 'network.dns.disabled': true, 'app.update.disabledForTesting': true },
  });
  try {
    const page = await browser.newPage();
    const problems = [];
    page.on('pageerror', (error) => problems.push(error.stack));
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    await page.goto(url);
    const results = await page.evaluate(async () => JSON.stringify(await window.results));
    if (!results) throw new Error(`the page did not run the suite: ${problems.join('\n')}`);
    return JSON.parse(results);
  } finally {
    await browser.close();
    close();
  }
}
