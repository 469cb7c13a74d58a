// Small files that hold secrets: read up to a limit, replaced whole or not at all.

import type { Node } from './node.js';

/** Far more than a token, a login or a project's link needs. */
const MAX_BYTES = 65_536;

/** The text of a regular file, as long as it is small. Throws an error with a `code` where there is none. */
export async function readSmall({ fs }: Node, file: string): Promise<string> {
  // A pipe would keep us waiting for whoever writes to it, and a device for ever.
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
  /** Writes the text down and puts the new file in the old one's place, for its owner's eyes only. */
  commit(text: string): Promise<void>;
  /** Leaves the old file as it is. */
  discard(): Promise<void>;
}

/**
 * Begins a replacement: that it can be written at all is known before there is anything to write. Until `commit` has ended
 * the old file stays whole, whatever fails in between.
 */
export async function replace({ fs, process }: Node, file: string): Promise<Replacement> {
  const temporary = `${file}.${process.pid}.${crypto.randomUUID()}.tmp`;
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
  return {
    discard,
    async commit(text) {
      try {
        await handle.writeFile(text);
        await handle.sync();
        await close();
        await fs.rename(temporary, file);
      } catch (thrown) {
        await discard();
        throw thrown;
      }
    },
  };
}
