// The documentation, as the installed package ships it: Markdown in, HTML and an index of sections out.

import { readFile, readdir } from 'node:fs/promises';
import { join, posix } from 'node:path';
import hljs from 'highlight.js/lib/core';
import bash from 'highlight.js/lib/languages/bash';
import json from 'highlight.js/lib/languages/json';
import typescript from 'highlight.js/lib/languages/typescript';
import { Marked, Renderer, type Token, type Tokens } from 'marked';
import { getHeadingList, gfmHeadingId } from 'marked-gfm-heading-id';
import { markedHighlight } from 'marked-highlight';

/** A page as it is shown. */
export interface Page {
  /** The address below the origin, such as `/docs/verify`. */
  readonly href: string;
  /** The first heading, as text. */
  readonly title: string;
  readonly html: string;
  readonly sections: readonly Section[];
}

/** A heading with what a search finds it by. */
export interface Section {
  /** The address with the anchor of the heading. */
  readonly href: string;
  readonly title: string;
  /** The title of the page. */
  readonly page: string;
  /** The names in backticks below the heading: options, codes, variables. */
  readonly terms: readonly string[];
}

/** A part of the index page: a heading, and the pages that it leads to. */
export interface Part {
  readonly title: string;
  readonly pages: readonly { readonly href: string; readonly title: string }[];
}

/** Next.js starts in the app's folder; `outputFileTracingIncludes` of next.config.ts takes these files along. */
const PACKAGE = join(process.cwd(), 'node_modules/countersign');

/** The index page. */
const INDEX = 'docs/README.md';

/** Documents outside docs/ that pages link to, by their address. */
const DOCUMENTS: Readonly<Record<string, string>> = {
  '/docs/readme': 'README.md',
  '/docs/changelog': 'CHANGELOG.md',
  '/docs/security': 'SECURITY.md',
};

hljs.registerLanguage('json', json);
hljs.registerLanguage('sh', bash);
hljs.registerLanguage('ts', typescript);
hljs.registerLanguage('js', typescript);

/** Every page by its address. The files of an installed package do not change, so they are read once. */
let everything: Promise<ReadonlyMap<string, Page>> | undefined;

/** Returns the page of an address, or undefined where there is none. */
export async function readPage(href: string): Promise<Page | undefined> {
  return (await readPages()).get(href);
}

/** Returns every section of every page, in the order of the index page. */
export async function readSections(): Promise<readonly Section[]> {
  const pages = await readPages();
  const listed = (await readParts()).flatMap((part) => part.pages.map(({ href }) => href));
  const ordered = new Set([...listed, ...pages.keys()]);
  return [...ordered].flatMap((href) => pages.get(href)?.sections ?? []);
}

/** Returns the parts of the index page. */
export async function readParts(): Promise<readonly Part[]> {
  const parts: { title: string; pages: Map<string, string> }[] = [];
  const marked = new Marked({
    walkTokens(token) {
      if (token.type === 'heading' && token['depth'] === 2) parts.push({ title: plainText(token), pages: new Map() });
      if (token.type !== 'link') return;
      const href = addressOf(token['href'], INDEX)?.replace(/#.*/, '');
      if (href) parts.at(-1)?.pages.set(href, plainText(token));
    },
  });
  marked.parse(await readDocument(INDEX));
  return parts.map(({ title, pages }) => ({ title, pages: Array.from(pages, ([href, name]) => ({ href, title: name })) }));
}

function readPages(): Promise<ReadonlyMap<string, Page>> {
  everything ??= (async () => {
    const names = await readdir(join(PACKAGE, 'docs'), { recursive: true });
    const files = names.filter((name) => name.endsWith('.md')).map((name) => `docs/${name.replaceAll('\\', '/')}`);
    const pages = await Promise.all([...files, ...Object.values(DOCUMENTS)].map(async (file) => render(file, await readDocument(file))));
    return new Map(pages.map((page) => [page.href, page]));
  })();
  return everything;
}

function readDocument(file: string): Promise<string> {
  return readFile(join(PACKAGE, file), 'utf8');
}

/** The address of a file of the package; undefined for one that is no page. */
function hrefOf(file: string): string | undefined {
  if (file === INDEX) return '/docs';
  const document = Object.entries(DOCUMENTS).find(([, name]) => name === file);
  if (document) return document[0];
  return file.startsWith('docs/') && file.endsWith('.md') ? `/${file.slice(0, -'.md'.length)}` : undefined;
}

/** Where a link of a file leads: an address of this app, one elsewhere, or undefined for a file that is not shown. */
function addressOf(link: string, file: string): string | undefined {
  if (/^[a-z]+:/.test(link) || link.startsWith('#')) return link;
  const [path = '', anchor] = link.split('#');
  const href = hrefOf(posix.join(posix.dirname(file), path));
  return href && (anchor === undefined ? href : `${href}#${anchor}`);
}

function render(file: string, text: string): Page {
  const href = hrefOf(file)!;
  const marked = new Marked(
    gfmHeadingId(),
    markedHighlight({
      langPrefix: 'hljs language-',
      highlight: (code, language) => (hljs.getLanguage(language) ? hljs.highlight(code, { language }).value : code),
    }),
    {
      renderer: {
        // A wide table scrolls by itself, by keyboard too.
        table(token) {
          return `<div class="scroll" tabindex="0">${Renderer.prototype.table.call(this, token)}</div>`;
        },
        link(token) {
          const target = addressOf(token.href, file);
          if (target === undefined) return this.parser.parseInline(token.tokens);
          return Renderer.prototype.link.call(this, { ...token, href: target });
        },
        // The pages mark blocks for their tests in comments.
        html: () => '',
      },
    },
  );
  // Blocks of code scroll by keyboard.
  const html = marked.parse(text, { async: false }).replaceAll('<pre>', '<pre tabindex="0">');
  const headings = getHeadingList();
  const title = headingText(headings[0]?.raw ?? file);
  const terms = termsBySection(marked.lexer(text));
  const sections = headings.map((heading, index) => ({
    href: index === 0 ? href : `${href}#${heading.id}`,
    title: headingText(heading.raw),
    page: title,
    terms: terms[index] ?? [],
  }));
  return { href, title, html, sections };
}

/** The names in backticks below each heading, without those of code blocks. */
function termsBySection(tokens: Token[]): string[][] {
  const sections: Set<string>[] = [];
  new Marked().walkTokens(tokens, (token) => {
    if (token.type === 'heading') sections.push(new Set());
    if (token.type === 'codespan') sections.at(-1)?.add((token as Tokens.Codespan).text);
  });
  return sections.map((terms) => [...terms]);
}

/** A heading or a link as text. */
function plainText(token: Token): string {
  return 'text' in token ? token.text.replaceAll('`', '') : '';
}

/** The Markdown of a heading as text. */
function headingText(raw: string): string {
  return raw
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll('`', '')
    .trim();
}
