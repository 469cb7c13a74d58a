// Chromium, with the package's files imported as they are, and once more as Vite builds them.
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { build } from 'vite';
import { resultsOf, serve, serveDirect } from './page.mjs';

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

export const chromiumDirect = async (project) => open(await serveDirect(project));

export async function chromiumVite(project) {
  const outDir = join(project, 'vite');
  await build({
    root: project,
    configFile: false,
    logLevel: 'error',
    build: { outDir, emptyOutDir: true, rolldownOptions: { input: join(project, 'page.html') } },
  });
  return open(await serve(outDir));
}

async function open({ url, close }) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
  try {
    return await resultsOf(await browser.newPage(), url);
  } finally {
    await browser.close();
    close();
  }
}
