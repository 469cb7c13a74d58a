// Calls one of the two packages on a scripted machine and prints what came of it. The process is of its own: the packages read
// its environment, its working folder and its home, and one of them changes them.
//   node run.mjs MODULE SCRIPT
import { readFile } from 'node:fs/promises';

const [module, script] = process.argv.slice(2);
const { answers = {}, calls, headers } = JSON.parse(await readFile(script, 'utf8'));
const requests = [];

/** Vercel, as the script has it: an answer for each address, or no connection. */
globalThis.fetch = async (input, init = {}) => {
  const url = String(input instanceof Request ? input.url : input);
  const sent = init.body === undefined ? {} : { body: String(init.body) };
  requests.push({ url, ...sent });
  const [, answer] = Object.entries(answers).find(([part]) => url.includes(part)) ?? [];
  if (!answer) throw new TypeError('fetch failed');
  // Callers at the same time are under way together.
  await new Promise((resolve) => setTimeout(resolve, 20));
  return new Response(answer.body, { status: answer.status ?? 200, headers: { 'content-type': 'application/json' } });
};
if (headers) globalThis[Symbol.for('@vercel/request-context')] = { get: () => ({ headers }) };

const oidc = await import(module);
const outcomes = [];
for (const { name, args = [], times = 1 } of calls) {
  const call = async () => {
    try {
      return { value: await oidc[name](...args) };
    } catch (error) {
      return { error: error.name, text: [String(error), error.stack, JSON.stringify(error), String(error.cause ?? '')].join('\n') };
    }
  };
  outcomes.push(...(await Promise.all(Array.from({ length: times }, call))));
}
console.log(JSON.stringify({ outcomes, requests, env: process.env.VERCEL_OIDC_TOKEN ?? null }));
process.exit(0);
