// Lets `node --test` import TypeScript: types are stripped by swc, and imports without an extension find their .ts.
import { register } from 'node:module';

register('./typescript.mjs', import.meta.url);
