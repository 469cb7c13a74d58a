const entries = require('./entries.cjs');

async function main() {
  const { runSuite } = await import('./harness.mjs');
  const { cases } = await import('./suite.mjs');
  console.log(JSON.stringify(await runSuite(cases, entries)));
}
main();
