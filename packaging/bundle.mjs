#!/usr/bin/env node
/**
 * bundle.mjs FOLDER: what the package runs, each program and thread as one file in FOLDER/dist/src. Hundreds of small
 * files cost a small board most of a daemon's start. Reads the compiled dist/; nothing is shortened, so that an error still says where it was.
 */
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
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

const common = {
  absWorkingDir: project,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  charset: 'utf8',
  legalComments: 'none',
  packages: 'external',
  logLevel: 'warning',
  plugins: [definitions],
};
const into = join(process.argv[2], 'dist', 'src');
const daemon = ['main', 'responder-thread', 'crypto-thread'].map((name) =>
  join(from, 'daemon', `${name}.js`),
);
await Promise.all([
  // A thread finds its file beside the one that starts it, so nothing of these is in shared files.
  ...daemon.map((file) =>
    build({ ...common, entryPoints: [file], outfile: join(into, relative(from, file)) }),
  ),
  // A command is read when it is used.
  build({
    ...common,
    entryPoints: [join(from, 'cli', 'main.js')],
    outdir: join(into, 'cli'),
    splitting: true,
  }),
]);
