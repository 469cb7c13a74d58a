// Small files that hold secrets: read up to a limit, replaced whole or not at all.

import type { Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

import { sleep } from '../core/single-flight.js';
import type { Node } from './node.js';

/** Far more than a token, a login or a project's link needs. */
const MAX_BYTES = 65_536;

/** The most symbolic links that are followed, as Linux has it. */
const MAX_LINKS = 40;

/** The text of a regular file, as long as it is small. Throws an error with a `code` where there is none. */
export async function readSmall({ fs }: Node, file: string): Promise<string> {
  // A pipe would keep the reader waiting for its writer, and a device for ever.
  if (!(await fs.stat(file)).isFile()) throw Object.assign(new Error(), { code: 'NOT_A_FILE' });
  const handle = await fs.open(file, 'r');
  try {
    const buffer = new Uint8Array(MAX_BYTES + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length);
      length += bytesRead;
      if (length > MAX_BYTES) throw Object.assign(new Error(), { code: 'TOO_LARGE' });
      if (bytesRead === 0) return new TextDecoder().decode(buffer.subarray(0, length));
    }
  } finally {
    await handle.close();
  }
}

/** The same; undefined where there is no such file, or it cannot be read. */
export async function tryReadSmall(node: Node, file: string): Promise<string | undefined> {
  try {
    return await readSmall(node, file);
  } catch {
    return undefined;
  }
}

/** A file that is about to take another's place. */
export interface Replacement {
  /**
   * Writes the text, and puts the new file in the old one's place. Throws an error with the `code` `CHANGED` where the old
   * one is not as it was. After an error it may be called again.
   */
  commit(text: string): Promise<void>;
  /** Leaves the old file as it is. */
  discard(): Promise<void>;
}

/** How a replacement is made. */
export interface ReplaceOptions {
  /** The text of the old file, where it is known; null where there must be none. A file with another text is not replaced. */
  before?: string | null | undefined;
  /** The space in bytes that is allocated on the disk before this resolves. Default: 0. */
  bytes?: number;
  /**
   * Whether the file that a symbolic link names is replaced, with its owner, group and mode. Else the link itself is, by a file
   * for its owner alone: for files that only this package writes. Default: true.
   */
  followLinks?: boolean;
}

/**
 * Begins to replace a file, or the file that a symbolic link names. It has the owner, the group and the mode of the old
 * one; a new one is for its owner alone. What can fail is tried before this resolves: a new file is created, given to
 * that owner, filled with `bytes` bytes and synced. Until `commit` has ended, the old file stays whole.
 *
 * Throws an error with the `code` `OWNER` where the new file cannot be given to the owner of the old one.
 */
export async function replace(
  node: Node,
  file: string,
  { before, bytes = 0, followLinks = true }: ReplaceOptions = {},
): Promise<Replacement> {
  const { fs, process } = node;
  const target = followLinks ? await linkTarget(node, file) : file;
  const temporary = `${target}.${process.pid}.${crypto.randomUUID()}.tmp`;
  const old = followLinks ? await fs.stat(target).catch(ifMissing) : undefined;
  // `wx`: never through a link that someone has laid there.
  const handle = await fs.open(temporary, 'wx', 0o600);
  let open = true;
  const close = async () => {
    if (open) await handle.close();
    open = false;
  };
  const discard = async () => {
    await close().catch(() => {});
    await fs.rm(temporary, { force: true }).catch(() => {});
  };
  try {
    if (old) await keepOwner(node, handle, old);
    if (bytes > 0) {
      await handle.write(new Uint8Array(bytes).fill(32), 0, bytes, 0);
      await handle.sync();
    }
  } catch (thrown) {
    await discard();
    throw thrown;
  }
  const check = async () => {
    if (before === undefined) return;
    const present = await readSmall(node, target).catch(ifMissing);
    if ((present ?? null) !== before) throw Object.assign(new Error(), { code: 'CHANGED' });
  };
  return {
    discard,
    async commit(text) {
      if (open) {
        const content = new TextEncoder().encode(text);
        await handle.write(content, 0, content.length, 0);
        await handle.truncate(content.length);
        await handle.sync();
        await close();
      }
      await check();
      if (before === null) {
        // Unlike a rename, a link never takes the place of a file that was made meanwhile.
        await fs.link(temporary, target).catch((thrown) => {
          if (codeOf(thrown) === 'EEXIST') throw Object.assign(new Error(), { code: 'CHANGED' });
          return fs.rename(temporary, target);
        });
        await fs.rm(temporary, { force: true }).catch(() => {});
      } else {
        await fs.rename(temporary, target);
      }
      await syncFolder(node, target);
    },
  };
}

/** Gives a new file the owner, the group and the mode of an old one. */
async function keepOwner({ process }: Node, handle: FileHandle, old: Stats): Promise<void> {
  if (!process.geteuid) return;
  const { uid, gid } = await handle.stat();
  if (uid !== old.uid || gid !== old.gid) {
    await handle.chown(old.uid, old.gid).catch(() => Promise.reject(Object.assign(new Error(), { code: 'OWNER' })));
  }
  await handle.chmod(old.mode & 0o777);
}

/** The file behind symbolic links, also where the last of them names a file that is not there. */
async function linkTarget({ fs, path }: Node, file: string): Promise<string> {
  let target = file;
  for (let links = 0; links < MAX_LINKS; links += 1) {
    const next = await fs.readlink(target).catch(() => undefined);
    if (next === undefined) return target;
    target = path.resolve(path.dirname(target), next);
  }
  throw Object.assign(new Error(), { code: 'ELOOP' });
}

/** Makes a rename outlast a power failure, where the system can. */
async function syncFolder({ fs, path, process }: Node, file: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await fs.open(path.dirname(file), 'r').catch(() => undefined);
  await folder?.sync().catch(() => {});
  await folder?.close().catch(() => {});
}

const codeOf = (thrown: unknown): unknown => ((thrown ?? {}) as { code?: unknown }).code;

/** Undefined for a file that is missing; anything else is thrown on. */
function ifMissing(thrown: unknown): undefined {
  if (codeOf(thrown) !== 'ENOENT') throw thrown;
}

/** The pause between two looks at a lock, in milliseconds. */
const LOCK_POLL_MS = 100;

/** How long a lock is waited for that does not change, in milliseconds. Its holder is taken for dead then. */
const LOCK_PATIENCE_MS = 60_000;

/** The locks that this process holds. */
const held = new Set<string>();

/**
 * Waits until no other process holds the lock of a file, and holds it while `work` runs. The lock is a file beside it, whose
 * name ends in `.lock`. A lock of a process that has ended is taken over.
 */
export async function withLock<T>(node: Node, file: string, work: () => Promise<T>): Promise<T> {
  const lock = `${await linkTarget(node, file)}.lock`;
  const { fs, os, process } = node;
  const text = JSON.stringify({ host: os.hostname(), pid: process.pid, id: crypto.randomUUID() });
  let seen: string | undefined;
  for (let waited = 0; ; waited += LOCK_POLL_MS) {
    if (await tryLock(node, lock, text)) break;
    // The lock of another user may not be readable.
    const present = (await tryReadSmall(node, lock)) ?? '';
    if (present !== seen) [seen, waited] = [present, 0];
    if (isAbandoned(node, lock, present) || waited >= LOCK_PATIENCE_MS) await breakLock(node, lock, present);
    else await sleep(LOCK_POLL_MS);
  }
  held.add(lock);
  try {
    return await work();
  } finally {
    held.delete(lock);
    if ((await tryReadSmall(node, lock)) === text) await fs.rm(lock, { force: true }).catch(() => {});
  }
}

/** Creates the lock; false where another process has it. */
async function tryLock({ fs }: Node, lock: string, text: string): Promise<boolean> {
  const temporary = `${lock}.${crypto.randomUUID()}.tmp`;
  try {
    // A link shows the lock with its text at once. Some file systems have no links.
    await fs.writeFile(temporary, text, { flag: 'wx', mode: 0o600 });
    await fs.link(temporary, lock).catch((thrown) => {
      if (codeOf(thrown) === 'EEXIST') throw thrown;
      return fs.writeFile(lock, text, { flag: 'wx', mode: 0o600 });
    });
    return true;
  } catch (thrown) {
    if (codeOf(thrown) === 'EEXIST') return false;
    throw thrown;
  } finally {
    await fs.rm(temporary, { force: true }).catch(() => {});
  }
}

/** Returns whether the holder of a lock on this machine has ended. */
function isAbandoned({ os, process }: Node, lock: string, text: string): boolean {
  try {
    const { host, pid } = JSON.parse(text) as { host?: unknown; pid?: unknown };
    if (host !== os.hostname() || typeof pid !== 'number') return false;
    if (pid === process.pid) return !held.has(lock);
    process.kill(pid, 0);
    return false;
  } catch (thrown) {
    return codeOf(thrown) === 'ESRCH';
  }
}

/** Removes a lock that still has this text. */
async function breakLock(node: Node, lock: string, text: string): Promise<void> {
  const aside = `${lock}.${crypto.randomUUID()}.tmp`;
  // Of several processes, one succeeds in the rename. What it finds there may be a lock that was made meanwhile.
  if (
    await node.fs.rename(lock, aside).then(
      () => true,
      () => false,
    )
  ) {
    if (((await tryReadSmall(node, aside)) ?? '') !== text) await node.fs.link(aside, lock).catch(() => {});
    await node.fs.rm(aside, { force: true }).catch(() => {});
  }
}
