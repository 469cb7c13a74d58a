// The same as ../inline.ts, for the second module.
import base64 from './bytes.js';
import { compile } from '../compile.js';
import { install } from '../../inspect/module.js';

install(compile(base64), { sharePromises: true });
