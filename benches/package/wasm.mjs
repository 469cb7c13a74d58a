// As much of the binary format of WebAssembly as it takes to say where the functions are.

const EXPORT_SECTION = 7;
const CODE_SECTION = 10;
const DATA_SECTION = 11;
const FUNCTION = 0;
const HEADER = 8;

/**
 * A module in pieces: the bodies of its functions with their lengths, in their order, without the imported ones; the numbers of those that it exports,
 * counted with the imported ones; what fills its memory; and all other bytes. Each byte is in one piece.
 */
export function readModule(wasm) {
  const functions = [];
  const exported = new Set();
  const data = [];
  const rest = [wasm.subarray(0, HEADER)];
  for (let at = HEADER; at < wasm.length; ) {
    const id = wasm[at];
    const size = leb(wasm, at + 1);
    const end = size.next + size.value;
    if (id === CODE_SECTION) {
      const count = leb(wasm, size.next);
      let from = at;
      for (let i = 0, next = count.next; i < count.value; i += 1) {
        const body = leb(wasm, next);
        rest.push(wasm.subarray(from, next));
        functions.push(wasm.subarray(next, (from = next = body.next + body.value)));
      }
    } else if (id === DATA_SECTION) {
      data.push(wasm.subarray(at, end));
    } else {
      if (id === EXPORT_SECTION) readExports(wasm, size.next, exported);
      rest.push(wasm.subarray(at, end));
    }
    at = end;
  }
  return { functions, exported, data, rest };
}

function readExports(wasm, at, exported) {
  const count = leb(wasm, at);
  for (let i = 0, next = count.next; i < count.value; i += 1) {
    const name = leb(wasm, next);
    const kind = name.next + name.value;
    const index = leb(wasm, kind + 1);
    if (wasm[kind] === FUNCTION) exported.add(index.value);
    next = index.next;
  }
}

/** An unsigned number of the format (LEB128), and where it ends. */
function leb(bytes, at) {
  let value = 0;
  for (let shift = 1, next = at; ; shift *= 128) {
    const byte = bytes[next++];
    value += (byte & 127) * shift;
    if (byte < 128) return { value, next };
  }
}
