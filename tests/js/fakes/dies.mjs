// Renews a login and fetches a token, and dies before the file operation of the given number.
//   node dies.mjs ENTRY NUMBER TOKEN
import fs from 'node:fs/promises';

const [entry, number, token] = process.argv.slice(2);
let count = 0;
const dying =
  (work, self) =>
  (...args) => {
    if (count++ === Number(number)) process.kill(process.pid, 'SIGKILL');
    return work.apply(self, args);
  };
for (const name of ['stat', 'open', 'mkdir', 'chmod', 'rename', 'rm', 'link', 'writeFile']) {
  const original = fs[name];
  fs[name] = dying(async (...args) => {
    const result = await original.apply(fs, args);
    if (name === 'open')
      for (const method of ['read', 'write', 'truncate', 'chmod', 'sync', 'close']) result[method] = dying(result[method], result);
    return result;
  });
}
const { getBearerToken } = await import(entry);
await getBearerToken({
  async fetch(input) {
    const url = String(input);
    if (url.endsWith('/openid-configuration'))
      return Response.json({ issuer: 'https://vercel.com', token_endpoint: 'https://api.vercel.com/token' });
    if (url === 'https://api.vercel.com/token')
      return Response.json({ access_token: 'new-token', token_type: 'Bearer', expires_in: 3600, refresh_token: 'new-refresh' });
    return Response.json({ token });
  },
});
