const countersign = require('countersign');
const next = require('countersign/next');
const testing = require('countersign/testing');

async function main() {
  const { runSuite } = await import('./harness.mjs');
  const { cases } = await import('./suite.mjs');
  console.log(JSON.stringify(await runSuite(cases, { countersign, next, testing })));
}
main();
