/** Environment variables by name. */
export type Environment = Record<string, string | undefined>;

/** One variable of the given environment, or of the process; undefined where there is no process, or it may not be asked. */
export function variable(name: string, given: Environment | undefined): string | undefined {
  if (given) return Object.hasOwn(given, name) ? given[name] : undefined;
  try {
    // Looked up by name at run time: bundlers put the build's value in place of a literal `process.env.NAME`.
    const { process } = globalThis as { process?: { env?: Environment } };
    return process?.env?.[name];
  } catch {
    // Deno throws where the permission is missing.
    return undefined;
  }
}
