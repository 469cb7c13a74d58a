// One synchronisation in a process of its own, to be killed. The options come on stdin.
import { text } from 'node:stream/consumers';
import { infra } from './package.mjs';

await infra.syncEnvironment(JSON.parse(await text(process.stdin)));
