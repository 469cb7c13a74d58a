import * as glue from './countersign_bg.js';

let kept: WebAssembly.Module | undefined;
let instance: WebAssembly.Instance | undefined;

/** Takes the compiled module from a loader. */
export function install(module: WebAssembly.Module, _host: { sharePromises: boolean }): void {
  kept = module;
  start();
}

/** Makes a fresh instance from the kept module. */
export function start(): void {
  if (!kept) throw new Error('countersign was imported past its entry points: no loader has run');
  // The glue caches views of the memory it knows. Growing by nothing detaches them, so that it makes new ones.
  (instance?.exports['memory'] as WebAssembly.Memory | undefined)?.grow(0);
  instance = new WebAssembly.Instance(kept, { './countersign_bg.js': glue as unknown as WebAssembly.ModuleImports });
  glue.__wbg_set_wasm(instance.exports);
  (instance.exports['__wbindgen_start'] as () => void)();
}

export const version = (): string => glue.version();
