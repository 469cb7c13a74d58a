// A test runner for StrykerJS: the cases of tests/js, and some of its files, run from the package with all mutants in it.
//
// StrykerJS puts every mutant of a file into its source, behind a switch. So the package is made once, and a mutant costs no
// more than the cases which reach it. A process runs many mutants. Such a process is believed only where a case fails, and passes
// right after without the mutant. Else the mutant is run again, in a new process.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, glob, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PluginKind, commonTokens, declareClassPlugin, tokens } from '@stryker-mutator/api/plugin';
import { DryRunStatus, MutantRunStatus, TestStatus, determineHitLimitReached } from '@stryker-mutator/api/test-runner';
import { transform } from 'esbuild';
import { writeDifferential } from '../js/differential.mjs';
import { entriesOf, writeAttacks } from '../js/install.mjs';

/** The built package. */
const PACKAGE = fileURLToPath(new URL('../../pkg/', import.meta.url));
const CHILD = fileURLToPath(new URL('run-cases.mjs', import.meta.url));
const REPORT = new URL('report-reached.mjs', import.meta.url).href;

/** Test files for what cases cannot do: traps, files, the login of a command line; and the folders whose mutants they are for. */
const FILES = {
  'recovery-keys.test.mjs': ['verify', 'credentials'],
  'recovery.test.mjs': ['verify', 'credentials'],
  'events.test.mjs': ['verify', 'credentials'],
  'token-file.test.mjs': ['credentials'],
  'refresh.test.mjs': ['credentials'],
};

/** How many mutants one process runs at most. */
const RUNS_A_PROCESS = 100;

class SuiteRunner {
  static inject = tokens(commonTokens.logger);
  #log;
  #child;
  #runs = 0;

  constructor(log) {
    this.#log = log;
  }

  /** A mutant that is active while the package is imported has a process of its own. */
  capabilities() {
    return { reloadEnvironment: true };
  }

  /** Makes the package: the built one, with the mutated sources compiled over it. The working folder is StrykerJS's copy. */
  async init() {
    const folder = join('project/node_modules/countersign');
    await mkdir(folder, { recursive: true });
    await cp(join(PACKAGE, 'package.json'), join(folder, 'package.json'));
    await cp(join(PACKAGE, 'dist'), join(folder, 'dist'), { recursive: true });
    let mutated = 0;
    for await (const file of glob('**/*.ts', { cwd: 'pkg-template/src' })) {
      const source = await readFile(join('pkg-template/src', file), 'utf8');
      if (!source.includes('stryMutAct_')) continue;
      const tsconfigRaw = { compilerOptions: { verbatimModuleSyntax: true } };
      const { code } = await transform(source, { loader: 'ts', format: 'esm', target: 'es2022', tsconfigRaw, sourcefile: file });
      await writeFile(join(folder, 'dist', file.replace(/\.ts$/, '.js')), code);
      mutated++;
    }
    this.#log.info('%d files with mutants', mutated);
    const entries = await entriesOf('project');
    await writeFile('project/entries.mjs', entries.map(([name, entry]) => `export * as ${name} from '${entry}';\n`).join(''));
    // What the cases of tests/js import beside the tests.
    await writeAttacks('tests/js');
    await writeDifferential('project', { seed: 1, count: 50, folder: 'tests/js' });
  }

  async dryRun({ timeout }) {
    const run = await this.#run({ coverage: true }, timeout, true);
    if (run.timedOut) return { status: DryRunStatus.Timeout };
    if (run.crash !== undefined) return { status: DryRunStatus.Error, errorMessage: run.crash };
    for (const file of Object.keys(FILES)) {
      const { reached, ...result } = await runFile(file, timeout, { STRYKER_REACHED: resolve('project/reached.json') });
      run.results.push({ id: file, file: join('..', file), ...result });
      run.coverage.perTest[file] = Object.fromEntries(reached.filter((id) => !(id in run.coverage.static)).map((id) => [id, 1]));
    }
    await writeFile('project/times.json', JSON.stringify(run.results.map(({ id, ms }) => [id, ms])));
    const tests = run.results.map(({ id, file, ms, error }) => ({
      id,
      name: id,
      fileName: join(process.cwd(), 'tests/js/cases', file),
      timeSpentMs: ms,
      ...(error === null ? { status: TestStatus.Success } : { status: TestStatus.Failed, failureMessage: error }),
    }));
    return { status: DryRunStatus.Complete, tests, mutantCoverage: run.coverage };
  }

  async mutantRun({ timeout, testFilter, activeMutant, mutantActivation, hitLimit }) {
    const start = performance.now();
    const isStatic = mutantActivation === 'static';
    const plan = { only: testFilter, mutant: activeMutant.id, isStatic, hitLimit };
    // StrykerJS ends this whole call after `timeout`.
    let run = await this.#run(plan, timeout / 3, isStatic);
    if (run.isUncertain) run = await this.#run(plan, timeout / 3, true);
    const duration = performance.now() - start;
    if (run.timedOut) return { status: MutantRunStatus.Timeout, duration };
    // A process that ended before its results: the package cannot be imported, or a promise was rejected and not handled.
    if (run.crash !== undefined) {
      const killedBy = (testFilter ?? []).slice(0, 1);
      return { status: MutantRunStatus.Killed, killedBy, failureMessage: run.crash, nrOfTests: 1, duration };
    }
    const endless = determineHitLimitReached(run.hitCount, hitLimit);
    if (endless) return { status: MutantRunStatus.Timeout, reason: endless.reason, duration };
    const folder = basename(dirname(activeMutant.fileName));
    for (const [file, folders] of Object.entries(FILES)) {
      if (run.results.some(({ error }) => error !== null)) break;
      if (!testFilter?.includes(file) || !folders.includes(folder)) continue;
      run.results.push({ id: file, ...(await runFile(file, timeout / 3, { __STRYKER_ACTIVE_MUTANT__: activeMutant.id })) });
    }
    const nrOfTests = run.results.length;
    const failed = run.results.find(({ error }) => error !== null);
    if (failed === undefined) return { status: MutantRunStatus.Survived, nrOfTests, duration };
    return { status: MutantRunStatus.Killed, killedBy: [failed.id], failureMessage: failed.error, nrOfTests, duration };
  }

  async dispose() {
    this.#child?.kill('SIGKILL');
  }

  /**
   * Runs cases in a process that may have run other mutants, or in a new one. `crash` says why the process had no results.
   * `isUncertain` says that the state which other mutants have left may be the reason for the results.
   */
  async #run(plan, timeout, fresh) {
    // A process that died since the last run, of a promise that was rejected late, is not connected.
    if (fresh || this.#runs >= RUNS_A_PROCESS || this.#child?.connected === false) this.#end();
    const isWarm = this.#child !== undefined;
    this.#child ??= spawn(process.execPath, [CHILD], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    this.#runs++;
    const child = this.#child;
    let output = '';
    const collect = (text) => (output = (output + text).slice(-4000));
    for (const stream of [child.stdout, child.stderr]) stream.on('data', collect);
    let timer;
    const outcome = await new Promise((resolve) => {
      timer = setTimeout(() => resolve({ timedOut: true }), timeout);
      child.once('message', resolve);
      child.once('close', (code) => resolve({ crash: `the process ended with ${code}: ${output}` }));
      child.send(plan, (error) => error && resolve({ crash: String(error) }));
    });
    clearTimeout(timer);
    child.removeAllListeners('message').removeAllListeners('close');
    child.on('error', () => {});
    for (const stream of [child.stdout, child.stderr]) stream.off('data', collect);
    const isNoticed = outcome.passesWithout === true;
    if (!isNoticed || plan.isStatic || plan.coverage) this.#end();
    return { ...outcome, isUncertain: !isNoticed && isWarm };
  }

  #end() {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
    this.#runs = 0;
  }
}

/** Runs a test file in a process of its own. An error is the end of its output; a mutant that is never done fails, too. */
async function runFile(file, timeout, env) {
  const start = performance.now();
  await rm('project/reached.json', { force: true });
  const { NODE_TEST_CONTEXT: _, ...inherited } = process.env;
  const child = spawn(process.execPath, ['--import', REPORT, '--test-reporter=tap', join('tests/js', file)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...inherited, ...env, COUNTERSIGN_MUTATED: resolve('project/node_modules/countersign') },
    timeout: Math.ceil(timeout),
    killSignal: 'SIGKILL',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output = (output + text).slice(-4000)));
  const [code] = await once(child, 'close');
  const reached = JSON.parse(await readFile('project/reached.json', 'utf8').catch(() => '[]'));
  return { ms: performance.now() - start, error: code === 0 ? null : output, reached };
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'countersign', SuiteRunner)];
