// Moto, a fake of AWS, on 127.0.0.1. It carries out what IAM, STS and S3 are told, and does not check a token.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { freePort } from '../js/runtimes/port.mjs';

const installed = fileURLToPath(new URL('../../target/moto/bin/moto_server', import.meta.url));

/** Starts moto on a free port; resolves once it answers. */
export async function startMoto() {
  const program = process.env.MOTO_SERVER ?? installed;
  if (!existsSync(program)) throw new Error('there is no moto: `cargo xtask test infra` installs it');
  const port = await freePort();
  const child = spawn(program, ['-H', '127.0.0.1', '-p', String(port)], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (data) => (log += data));
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + 60_000;
  while (!(await fetch(`${url}/moto-api/`).catch(() => undefined))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill();
      throw new Error(`moto did not start:\n${log}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    url,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill();
      await once(child, 'exit');
    },
  };
}
