// A user's code, as an ES module. It is only type-checked: what counts is that the declarations say what we document.
import { version } from 'countersign';
import * as next from 'countersign/next';
import * as testing from 'countersign/testing';

const text: string = version();
// @ts-expect-error no such thing is exported: the declarations are not `any`
version.nothing;

export { text, next, testing };
