// Writes at the end of a test file which mutants it has reached, into the file that the environment names.
import { writeFileSync } from 'node:fs';

const { STRYKER_REACHED: file } = process.env;
if (file) {
  process.on('exit', () => {
    const { static: atImport = {}, perTest = {} } = globalThis.__stryker__?.mutantCoverage ?? {};
    const ids = new Set([atImport, ...Object.values(perTest)].flatMap(Object.keys));
    writeFileSync(file, JSON.stringify([...ids]));
  });
}
