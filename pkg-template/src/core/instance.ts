// An instance of a WebAssembly module: calls into it, and recovery from a trap. Each module of the package has one.

import { CountersignError, type ErrorDetails } from './errors.js';

/** What a loader knows of the runtime. */
export interface Host {
  /** Whether a promise that one request made may be awaited by another. */
  sharePromises: boolean;
  /**
   * Loads host/node-sources.js, which reads credentials from files, where there may be files. Its type refers to Node.js,
   * which not every user of these declarations has.
   */
  nodeSources?: () => Promise<unknown>;
}

/** What wasm-bindgen writes for every module. */
interface Glue {
  __wbg_set_wasm(exports: WebAssembly.Exports): void;
}

/** What {@link Instance.install} was given. */
interface Installed {
  module: WebAssembly.Module;
  host: Host;
  onStart: (() => void) | undefined;
}

/** The one instance of a module. */
export class Instance<G extends Glue> {
  /** Counts instances, so that what refers to the memory of a lost one can be told. */
  generation = 0;
  memory!: WebAssembly.Memory;
  #kept: Installed | undefined;
  readonly #name: string;
  readonly #glue: G;

  constructor(name: string, glue: G) {
    this.#name = name;
    this.#glue = glue;
  }

  /** Takes the compiled module from a loader; `onStart` runs whenever an instance of it was made. */
  install(module: WebAssembly.Module, host: Host, onStart?: () => void): void {
    this.#kept = { module, host, onStart };
    this.#start();
  }

  /** What the loader knows of the runtime. */
  get host(): Host {
    return this.#installed().host;
  }

  #installed(): Installed {
    if (!this.#kept) throw new Error('countersign was imported past its entry points: no loader has run');
    return this.#kept;
  }

  /** Makes a fresh instance from the kept module. */
  #start(): void {
    const { module, onStart } = this.#installed();
    // The glue caches views of the memory it knows. Growing by nothing detaches them, so that it makes new ones.
    if (this.generation > 0) this.memory.grow(0);
    const { exports } = new WebAssembly.Instance(module, {
      [`./${this.#name}_bg.js`]: this.#glue as unknown as WebAssembly.ModuleImports,
    });
    this.memory = exports['memory'] as WebAssembly.Memory;
    this.#glue.__wbg_set_wasm(exports);
    (exports['__wbindgen_start'] as () => void)();
    this.generation += 1;
    onStart?.();
  }

  /**
   * Calls into the module. What it refuses is thrown as a `CountersignError`; a trap poisons the instance, so it is
   * replaced before `ERR_INTERNAL` is thrown, and the next call works.
   */
  call<T>(run: (wasm: G) => T): T {
    try {
      return run(this.#glue);
    } catch (thrown) {
      if (isDetails(thrown)) throw toError(thrown);
      if (thrown instanceof CountersignError) throw thrown;
      this.#start();
      throw new CountersignError({
        code: 'ERR_INTERNAL',
        message: 'internal fault: the WebAssembly module trapped and was replaced',
        retryable: true,
        cause: thrown,
      });
    }
  }
}

/** The core throws plain objects; whatever else comes out of it is a trap, of whichever realm. */
function isDetails(thrown: unknown): thrown is ErrorDetails {
  return typeof thrown === 'object' && thrown !== null && Object.getPrototypeOf(thrown) === Object.prototype && 'code' in thrown;
}

function toError(details: ErrorDetails): CountersignError {
  return new CountersignError({ ...details, cause: isDetails(details.cause) ? toError(details.cause) : undefined });
}
