// The WebAssembly modules of every bundle of this app, by name, so that a route can look at them and make them trap. No entry exports them.

const modules = (globalThis.soakModules ??= new Map());

/** Adds a module. Next.js may give each route, and the proxy, a copy of its own. */
export function register(name, module) {
  const copies = modules.get(name) ?? new Set();
  modules.set(name, copies.add(module));
}

/** All modules, as `[name, module]`. */
export const registered = () => [...modules].flatMap(([name, copies]) => [...copies].map((module) => [name, module]));
