// Output: text with or without colours, or JSON.

import { escapeHidden } from '../explain/words.js';
import type { CommonValues } from './command.js';

/** How a piece of text looks. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan' | 'magenta';

const CODES: Record<Style, [on: number, off: number]> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  magenta: [35, 39],
  cyan: [36, 39],
};

/** Text wider than this is hard to read, however wide the terminal is. */
const MAX_WIDTH = 96;

export class Terminal {
  readonly #colored: boolean;
  /** Whether the output is for a program and not for a person. */
  readonly json: boolean;
  readonly width: number;

  constructor({ json, color, 'no-color': noColor }: Partial<CommonValues> = {}, { stdout, env } = process) {
    this.#colored = noColor ? false : color || wantsColor(stdout.isTTY, env);
    this.json = json ?? false;
    this.width = Math.min(MAX_WIDTH, Math.max(40, stdout.columns ?? 80));
  }

  style(text: string, ...styles: Style[]): string {
    if (!this.#colored) return text;
    const codes = styles.map((style) => CODES[style]);
    return `${codes.map(([on]) => `\x1b[${on}m`).join('')}${text}${codes.map(([, off]) => `\x1b[${off}m`).join('')}`;
  }

  /** Words in which what stands between backticks is a name or a value. */
  prose(words: string, ...styles: Style[]): string {
    const pieces = words.split('`');
    if (!this.#colored) return words;
    return pieces.map((piece, index) => (index % 2 ? this.style(piece, 'bold') : piece && this.style(piece, ...styles))).join('');
  }

  print(line = ''): void {
    process.stdout.write(`${line}\n`);
  }

  /** A wrapped paragraph, all of it indented, the first line by what it begins with. */
  paragraph(text: string, { indent = '', first = indent }: { indent?: string; first?: string } = {}): void {
    const lines = wrap(text, this.width - visibleLength(indent));
    lines.forEach((line, index) => this.print(index === 0 ? first + line : indent + line));
  }

  title(text: string): void {
    this.print(`\n${this.style(text, 'bold')}`);
  }

  printJson(value: unknown): void {
    this.print(printable(JSON.stringify(value, null, 2), true));
  }

  /** Says something beside the result: each line of it wrapped at words where people read it. */
  warn(text: string, indent = ''): void {
    const width = process.stderr.isTTY ? this.width : Infinity;
    const lines = text.split('\n').flatMap((line) => {
      const words = line.trimStart();
      const first = indent + line.slice(0, line.length - words.length);
      return wrap(words, width - first.length).map((wrapped) => `${first}${wrapped}\n`);
    });
    process.stderr.write(lines.join(''));
  }
}

function wantsColor(isTerminal: boolean, { NO_COLOR, FORCE_COLOR, TERM }: NodeJS.ProcessEnv): boolean {
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return isTerminal && TERM !== 'dumb';
}

/**
 * Text of a stranger without what steers a terminal or hides its order: control and format characters are written as
 * escapes. In JSON line breaks stay, since the layout is ours.
 */
export function printable(text: string, json = false): string {
  return json ? text.split('\n').map(escapeHidden).join('\n') : escapeHidden(text);
}

/** A claim's value in one line. */
export const show = (value: unknown): string => printable(typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value)));

const ESCAPES = /\x1b\[\d+m/g;
const visibleLength = (text: string): number => text.replace(ESCAPES, '').length;

/** Words in lines of at most this many characters; a longer word is broken. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (let word of text.split(' ')) {
    while (visibleLength(word) > width && visibleLength(word) === word.length) {
      const room = line === '' ? width : width - visibleLength(line) - 1;
      if (line !== '' && room < 8) {
        lines.push(line);
        line = '';
        continue;
      }
      lines.push(line === '' ? word.slice(0, room) : `${line} ${word.slice(0, room)}`);
      [line, word] = ['', word.slice(room)];
    }
    if (line === '') line = word;
    else if (visibleLength(line) + 1 + visibleLength(word) <= width) line += ` ${word}`;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}
