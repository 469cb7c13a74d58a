// Everywhere else: the bytes come as text in a module of their own. A file beside this one would need the file system
// and a permission in one runtime, a fetch in another, and would be lost by some bundlers; text is lost by none.
import base64 from './bytes.js';
import { install } from '../core.js';

function decode(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

// Only this loader serves runtimes that may have files. Bundles for the edge have nothing of what reads them.
install(new WebAssembly.Module(decode(base64)), { sharePromises: true, machine: () => import('../host/machine.js') });
