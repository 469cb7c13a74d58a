// Functions that load the module `credentials` at their first call, so that a program that only verifies never loads it.

type Functions = typeof import('./at-first-use.js');

/** The functions that return promises. */
type Deferrable = {
  [Name in keyof Functions]: Functions[Name] extends (...args: never[]) => Promise<unknown> ? Name : never;
}[keyof Functions];

/** The function of this name, behind `load`. */
export function deferred<Name extends Deferrable>(load: () => Promise<Functions>, name: Name): Functions[Name] {
  const call = async (...args: never[]) => ((await load())[name] as (...args: never[]) => Promise<unknown>)(...args);
  return call as Functions[Name];
}
