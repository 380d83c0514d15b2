/** noonmarkd as installed: the program that a startup snapshot brings (packaging/noonmarkd), else the one in its file. */
if (globalThis.noonmarkd === undefined) require('./program.cjs');
globalThis.noonmarkd.startProgram(process.argv.slice(2));
