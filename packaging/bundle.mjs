#!/usr/bin/env node
/**
 * bundle.mjs FOLDER: what the package runs, each program and thread as one file in FOLDER/dist/src. Hundreds of small
 * files cost a small board most of a daemon's start. Reads the compiled dist/; nothing is shortened, so that an error still says where it was.
 */
import { copyFileSync, readFileSync } from 'node:fs';
import * as moduleBuiltin from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as workerThreads from 'node:worker_threads';
import { build } from 'esbuild';

const project = fileURLToPath(new URL('..', import.meta.url));
const from = join(project, 'dist', 'src');

/** Boards and hats, which a checkout finds in their folders when it starts (boards/found.ts), are found here instead. */
const definitions = {
  name: 'definitions',
  setup({ onLoad }) {
    onLoad({ filter: /\/boards\/(hats\/)?list\.js$/ }, async ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const call = /await definitionsIn\(new URL\('\.\/definitions\/', import\.meta\.url\)\)/;
      if (!call.test(text))
        throw new Error(`bundle: ${path} finds its definitions in another way than is known here`);
      const folder = join(path, '..', 'definitions');
      const { definitionFiles } = await import(join(project, 'dist', 'boards', 'found.js'));
      const files = definitionFiles(folder);
      const imports = files.map(
        (file, index) => `import * as definition${index} from './definitions/${file}';`,
      );
      const modules = files.map((_, index) => `definition${index}`).join(', ');
      return {
        contents: [
          `import { definitionsOf } from '${path.includes('/hats/') ? '../found.js' : './found.js'}';`,
          ...imports,
          text.replace(call, `definitionsOf([${modules}])`),
        ].join('\n'),
      };
    });
  },
};

/** A thread's file has here the ending of a CommonJS one. */
const threads = {
  name: 'threads',
  setup({ onLoad }) {
    onLoad({ filter: /\/daemon\/(crypto-thread|responder-platform)\.js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const file = /(new URL\('\.\/\w+-worker)\.js'/;
      if (!file.test(text))
        throw new Error(`bundle: ${path} starts its thread in another way than is known here`);
      return { contents: text.replace(file, "$1.cjs'") };
    });
  },
};

/** What may not be loaded before a startup snapshot is taken is loaded at its first use. */
const late = {
  name: 'late',
  setup({ onResolve, onLoad }) {
    const builtins = { 'node:module': moduleBuiltin, 'node:worker_threads': workerThreads };
    onResolve({ filter: /^node:(module|worker_threads)$/ }, ({ path }) => ({ path, namespace: 'late' }));
    onLoad({ filter: /.*/, namespace: 'late' }, ({ path }) => {
      const names = Object.keys(builtins[path]).filter((name) => name !== 'default');
      const getters = names.map(
        (name) => `get ${name}() { return process.getBuiltinModule('${path}').${name}; }`,
      );
      return { contents: `module.exports = {\n${getters.join(',\n')}\n};`, loader: 'js' };
    });
  },
};

const common = {
  absWorkingDir: project,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  charset: 'utf8',
  legalComments: 'none',
  packages: 'external',
  logLevel: 'warning',
};
/** CommonJS: node starts it sooner, and can take a snapshot of it. */
const commonJs = {
  ...common,
  define: { 'import.meta.url': 'fileUrl' },
  banner: { js: "const fileUrl = require('node:url').pathToFileURL(__filename).href;" },
};
const into = join(process.argv[2], 'dist', 'src');
const daemon = join(into, 'daemon');
await Promise.all([
  build({
    ...commonJs,
    format: 'iife',
    globalName: 'program',
    footer: { js: 'globalThis.noonmarkd = program;' },
    plugins: [definitions, threads, late],
    entryPoints: [join(from, 'daemon', 'program.js')],
    outfile: join(daemon, 'program.cjs'),
  }),
  // A thread finds its file beside the one that starts it, so nothing of these is in shared files.
  ...['responder-worker', 'crypto-worker'].map((name) =>
    build({
      ...commonJs,
      format: 'cjs',
      entryPoints: [join(from, 'daemon', `${name}.js`)],
      outfile: join(daemon, `${name}.cjs`),
    }),
  ),
  // A command is read when it is used.
  build({
    ...common,
    format: 'esm',
    splitting: true,
    plugins: [definitions],
    entryPoints: [join(from, 'cli', 'main.js')],
    outdir: join(into, 'cli'),
  }),
]);
for (const name of ['main.cjs', 'snapshot.cjs'])
  copyFileSync(join(project, 'packaging', name), join(daemon, name));
