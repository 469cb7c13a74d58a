// WebKitGTK's MiniBrowser, by WebDriver, with the package's files imported as they are. Its engine is JavaScriptCore.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { serveDirect } from './page.mjs';
import { freePort } from './port.mjs';

/** Longer than the suite takes on a busy machine, in milliseconds. */
const SCRIPT_TIMEOUT = 300_000;

export async function webkit(project) {
  const { url, close } = await serveDirect(project);
  // It has no mode without a display.
  const display = spawn(process.env.XVFB ?? '/usr/bin/Xvfb', ['-displayfd', '1', '-nolisten', 'tcp', '-screen', '0', '1024x768x24'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [number] = await once(createInterface(display.stdout), 'line');
  const port = await freePort();
  const driver = spawn(process.env.WEBKIT_DRIVER ?? '/usr/bin/WebKitWebDriver', ['--host=127.0.0.1', `--port=${port}`], {
    stdio: 'ignore',
    env: { ...process.env, DISPLAY: `:${number}`, NO_AT_BRIDGE: '1', LIBGL_ALWAYS_SOFTWARE: '1' },
  });
  try {
    const session = await newSession(`http://127.0.0.1:${port}`);
    try {
      await session('POST', '/url', { url });
      // Says why a module cannot be imported; the page's own element for it says nothing.
      const script = `const done = arguments[0];
        import('./page.mjs').then(() => window.results).then(JSON.stringify).then(done, (thrown) => done(String(thrown)));`;
      const results = await session('POST', '/execute/async', { script, args: [] });
      if (!results.startsWith('[')) throw new Error(`the page did not run the suite: ${results}`);
      return JSON.parse(results);
    } finally {
      await session('DELETE', '');
    }
  } finally {
    driver.kill();
    display.kill();
    close();
  }
}

/** Begins a session (W3C WebDriver section 8.1); returns a function that sends its commands. */
async function newSession(driver) {
  const command = async (method, path, body) => {
    const response = await fetch(driver + path, { method, body: body && JSON.stringify(body) });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`WebDriver refused ${method} ${path}: ${value.error}, ${value.message}`);
    return value;
  };
  const capabilities = { alwaysMatch: { timeouts: { script: SCRIPT_TIMEOUT } } };
  const { sessionId } = await retried(() => command('POST', '/session', { capabilities }));
  return (method, path, body) => command(method, `/session/${sessionId}${path}`, body);
}

/** Calls again until the driver listens. */
async function retried(call) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      if (attempt === 100 || error.cause?.code !== 'ECONNREFUSED') throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
