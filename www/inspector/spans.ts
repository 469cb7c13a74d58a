/** Which characters of a token's part spell each member of the JSON object inside: from its name to the end of its value. */
export function memberSpans(base64url: string): Map<string, [from: number, to: number]> {
  const spans = new Map<string, [number, number]>();
  const bytes = decodeBytes(base64url);
  const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
  let [depth, inString, escaped, start, nameEnd] = [0, false, false, -1, -1];

  const close = (end: number): void => {
    if (start >= 0 && nameEnd > start) {
      const name: unknown = JSON.parse(new TextDecoder().decode(bytes.subarray(start, nameEnd + 1)));
      // Three bytes are four characters; a byte that shares a character with its neighbour takes it along.
      spans.set(String(name), [Math.floor((start * 4) / 3), Math.ceil((end * 4) / 3)]);
    }
    start = nameEnd = -1;
  };
  bytes.forEach((byte, index) => {
    if (inString) {
      if (escaped) escaped = false;
      else if (byte === BACKSLASH) escaped = true;
      else if (byte === QUOTE) {
        inString = false;
        if (depth === 1 && nameEnd < 0) nameEnd = index;
      }
      return;
    }
    if (byte === QUOTE) {
      inString = true;
      if (depth === 1 && start < 0) start = index;
    } else if (byte === 0x7b || byte === 0x5b) depth++;
    else if (byte === 0x7d || byte === 0x5d) {
      depth--;
      if (depth === 0) close(index);
    } else if (byte === COMMA && depth === 1) close(index);
  });
  return spans;
}

function decodeBytes(base64url: string): Uint8Array {
  const binary = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
