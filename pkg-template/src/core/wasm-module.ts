// Instances of the WebAssembly modules: calls, recovery from traps, and handles. No other file knows of them.

import { CountersignError, type ErrorDetails } from './errors.js';

/** The common part of every module: the function of wasm-bindgen's glue, and the export that begins an instance. */
export interface Glue {
  __wbg_set_wasm(exports: WebAssembly.Exports): void;
  start_instance(firstHandle: number): void;
}

/** How many handles an instance can give before it would meet those of another one. */
const HANDLES = 2 ** 32;

/** The instances of all modules. Each gets a block of handles of its own, so that no handle is ever given twice. */
let instances = 0;

/** A WebAssembly module with its one instance. */
export class WasmModule<G extends Glue> {
  memory!: WebAssembly.Memory;
  /** The number of the present instance. */
  instance = 0;
  #module: WebAssembly.Module | undefined;
  readonly #name: string;
  readonly #glue: G;
  readonly #onStart: (() => void) | undefined;

  /** `onStart` runs whenever an instance was made. */
  constructor(name: string, glue: G, onStart?: () => void) {
    this.#name = name;
    this.#glue = glue;
    this.#onStart = onStart;
  }

  /** Takes the compiled module from a loader. */
  install(module: WebAssembly.Module): void {
    this.#module = module;
    this.#start();
  }

  /** Makes a fresh instance from the compiled module. */
  #start(): void {
    if (!this.#module) throw new Error('countersign was imported past its entry points: no loader has run');
    // The glue caches views of the memory it knows. Growing by nothing detaches them, so that it makes new ones.
    if (this.instance > 0) this.memory.grow(0);
    const { exports } = new WebAssembly.Instance(this.#module, {
      [`./${this.#name}_bg.js`]: this.#glue as unknown as WebAssembly.ModuleImports,
    });
    this.memory = exports['memory'] as WebAssembly.Memory;
    this.#glue.__wbg_set_wasm(exports);
    (exports['__wbindgen_start'] as () => void)();
    this.instance = ++instances;
    this.#glue.start_instance(this.instance * HANDLES);
    this.#onStart?.();
  }

  /**
   * Calls into the module. What it refuses is thrown as a `CountersignError`. A trap poisons the instance, so it is replaced
   * before `ERR_INTERNAL` is thrown, and the next call works.
   */
  call<T>(run: (wasm: G) => T): T {
    try {
      return run(this.#glue);
    } catch (thrown) {
      // `verify` throws the JSON of the details, the other modules an object.
      if (typeof thrown === 'string') throw toError(JSON.parse(thrown));
      if (isDetails(thrown)) throw toError(thrown);
      if (thrown instanceof CountersignError) throw thrown;
      this.#start();
      throw new CountersignError({
        code: 'ERR_INTERNAL',
        message: 'internal error: the WebAssembly module trapped and was replaced',
        retryable: true,
        cause: thrown,
      });
    }
  }
}

/** The core throws plain objects; anything else that comes out of it is a trap, of whichever realm. */
function isDetails(thrown: unknown): thrown is ErrorDetails {
  return (
    typeof thrown === 'object' && thrown !== null && Object.getPrototypeOf(thrown) === Object.prototype && Object.hasOwn(thrown, 'code')
  );
}

function toError(details: ErrorDetails): CountersignError {
  return new CountersignError({ ...details, cause: isDetails(details.cause) ? toError(details.cause) : undefined });
}

/** Frees the handles of objects that were dropped; without such a registry they live as long as the isolate. */
const dropped = typeof FinalizationRegistry === 'function' ? new FinalizationRegistry<() => void>((free) => free()) : undefined;

/** Engines without `using` have no such symbol; polyfills and compilers for it agree on this one. */
export const dispose: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose');

/** An object that lives in the instance of a module. Where that instance is lost, the object is made anew. */
export class WasmObject<G extends Glue> {
  readonly #module: WasmModule<G>;
  readonly #create: (wasm: G) => number;
  readonly #free: (wasm: G, handle: number) => void;
  #handle = 0;
  #instance = 0;

  /** Makes it. `free` gets handles of lost instances too, which the core ignores; it must not hold on to the owner. */
  constructor(module: WasmModule<G>, create: (wasm: G) => number, free: (wasm: G, handle: number) => void) {
    this.#module = module;
    this.#create = create;
    this.#free = free;
    this.#make();
  }

  /** The handle in the present instance. */
  get handle(): number {
    if (this.#instance !== this.#module.instance) this.#make();
    return this.#handle;
  }

  #make(): void {
    const module = this.#module;
    const free = this.#free;
    const handle = module.call(this.#create);
    dropped?.unregister(this);
    dropped?.register(this, () => module.call((wasm) => free(wasm, handle)), this);
    this.#handle = handle;
    this.#instance = module.instance;
  }

  /** Frees its memory at once, instead of when it is collected. */
  [dispose](): void {
    dropped?.unregister(this);
    const handle = this.#handle;
    this.#module.call((wasm) => this.#free(wasm, handle));
  }
}
