import { readdirSync } from 'node:fs';
import { registered } from '../../../lib/modules.js';

export const dynamic = 'force-dynamic';

/** The memory of the process after a garbage collection, that of the WebAssembly modules, and what is open. */
export function GET() {
  globalThis.gc?.();
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  const modules = registered().map(([name, { memory, instance }]) => ({ name, bytes: memory.buffer.byteLength, instance }));
  return Response.json({
    rss,
    heapUsed,
    external,
    arrayBuffers,
    modules,
    wasm: modules.reduce((sum, { bytes }) => sum + bytes, 0),
    resources: process.getActiveResourcesInfo().length,
    files: process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0,
    cpu: process.cpuUsage(),
  });
}
