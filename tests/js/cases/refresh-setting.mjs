// What the cases of runs and of leases share.

export const HOUR = 3600;
export const in_ = (seconds) => new Date(Date.now() + seconds * 1000);
export const NOTHING = { fresh: 0, leased: 0, gone: 0, 'not-running': 0 };

/** A source whose tokens live so long, and which counts. */
export function sourceOf(seconds = HOUR) {
  const source = () => {
    source.asked += 1;
    return { value: `token-${source.asked}-${'x'.repeat(20)}`, expiresAt: in_(seconds) };
  };
  source.asked = 0;
  return source;
}

export async function registryOf(refresh, ...ids) {
  const registry = refresh.createMemoryRegistry();
  for (const id of ids) await registry.add(id);
  return registry;
}

export async function allOf(registry) {
  const found = [];
  let page = {};
  do {
    page = await registry.list(page.cursor);
    found.push(...page.targets);
  } while (page.cursor !== undefined);
  return found;
}

/** A promise that is opened from outside. */
export function gate() {
  const made = {};
  made.opened = new Promise((resolve) => {
    made.open = resolve;
  });
  return made;
}
