// Letters of other alphabets that look like Latin ones, in words that would otherwise be Latin.

import { escaped } from './words.js';

/** The letters of Cyrillic, Greek and Armenian, and other forms of Latin, that most fonts draw like a plain Latin letter. */
const LOOK_ALIKES = new RegExp(
  [
    '[\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u04bb\u04cf\u0501\u051b\u051d]',
    '[\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0405\u0406\u0408]',
    '[\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03b1\u03bd\u03bf\u03c1]',
    '[\u0578\u057d\u0585\u0131\u0251\u0261\u0269]',
    '[\uff21-\uff3a\uff41-\uff5a]',
  ].join('|'),
  'gu',
);

/** A word with a Latin letter or made of look-alikes alone, in a text that has Latin letters, is taken for a Latin one. */
const WORD = /\p{L}+/gu;

/** The first word of a text that has such letters, with these as escapes; undefined where there is none. */
export function lookAlikes(text: string): string | undefined {
  if (!/[a-z]/i.test(text) || text.search(LOOK_ALIKES) < 0) return undefined;
  for (const [word] of text.matchAll(WORD)) {
    const plain = word.replace(LOOK_ALIKES, '');
    if (plain !== word && !/[^a-z]/i.test(plain)) return word.replace(LOOK_ALIKES, escaped);
  }
  return undefined;
}
