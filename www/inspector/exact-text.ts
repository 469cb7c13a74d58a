/** For fields whose text counts letter by letter: nothing may correct, complete or translate it. */
export const EXACT_TEXT = {
  spellCheck: false,
  autoComplete: 'off',
  autoCapitalize: 'off',
  autoCorrect: 'off',
  translate: 'no',
  'data-gramm': 'false',
} as const;
