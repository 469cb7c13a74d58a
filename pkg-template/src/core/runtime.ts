// Facts about the runtime, for the loaders.

/** The facts of a runtime. Every loader of one kind of runtime sets the same. */
export interface Runtime {
  /** Whether a promise that one request made may be awaited by another. */
  sharePromises: boolean;
  /**
   * Loads host/node-sources.js, which looks for credentials in files, where there may be files. Its type speaks of Node.js,
   * which not every reader of these declarations knows.
   */
  nodeSources?: () => Promise<unknown>;
}

let runtime: Runtime = { sharePromises: false };

/** Adds facts of the runtime. */
export function setRuntime(facts: Runtime): void {
  runtime = { ...runtime, ...facts };
}

/** Returns whether a promise that one request made may be awaited by another. */
export const sharePromises = (): boolean => runtime.sharePromises;

/** The reader of credentials in files; undefined where there are no files. */
export const nodeSources = (): Runtime['nodeSources'] => runtime.nodeSources;

/**
 * What loads modules of Node.js; undefined where the runtime has no such function. Not by an import: bundles for the edge and for
 * browsers would stumble over it.
 */
export function builtinLoader(): ((name: string) => unknown) | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  const load = process?.getBuiltinModule;
  return typeof load === 'function' ? load : undefined;
}

/** The present time in seconds since the epoch. */
export const clock = (): number => Date.now() / 1000;
