/**
 * What a startup snapshot of noonmarkd is taken after (node --build-snapshot, packaging/noonmarkd): the program is loaded,
 * each function compiled, and nothing has begun.
 */
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { setFlagsFromString } = require('node:v8');
const { Script } = require('node:vm');

const file = join(__dirname, 'program.cjs');
// On one line with the program's first, so that an error still says where it was.
const text = `(function (require, __filename) {${readFileSync(file, 'utf8')}\n})`;
setFlagsFromString('--no-lazy');
const load = new Script(text, { filename: file }).runInThisContext();
load(require, file);
// A snapshot is only for a node with the same flags.
setFlagsFromString('--lazy');
