// Firefox, by WebDriver BiDi, with the package's files imported as they are. Its engine is SpiderMonkey.
import puppeteer from 'puppeteer-core';
import { resultsOf, serveDirect } from './page.mjs';

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
    return await resultsOf(await browser.newPage(), url);
  } finally {
    await browser.close();
    close();
  }
}
