/** Native modules that an installation may do without, loaded when they are first needed. */
import { createRequire } from 'node:module';
import { NoonmarkError } from '../src/errors.js';

export interface OptionalModule {
  readonly name: string;
  /** the module with the compiled part, where that is another */
  readonly compiled?: string;
  /** begins a sentence: "I2C" */
  readonly use: string;
  /** what does without it, as a half-sentence for the remedy */
  readonly instead?: string;
}

/** `load`: for tests. Throws ERR_OPTIONAL_MODULE. */
export function loadOptional<Module>(
  { name, compiled = name, use, instead }: OptionalModule,
  load: () => Module = () => createRequire(import.meta.url)(name) as Module,
): Module {
  try {
    return load();
  } catch (cause) {
    const isOfAnother = cause instanceof Error && 'code' in cause && cause.code === 'ERR_DLOPEN_FAILED';
    const remedies = [
      isOfAnother
        ? `take Debian's nodejs, which the package's is compiled for`
        : `run \`npm install ${name}\``,
      `in a checkout \`npm rebuild ${compiled}\` (a C++ compiler and Python are needed)`,
      ...(instead === undefined ? [] : [instead]),
    ];
    throw new NoonmarkError(
      'ERR_OPTIONAL_MODULE',
      isOfAnother
        ? `${use} needs the optional module ${name}, which was compiled for another Node.js`
        : `${use} needs the optional module ${name}, and it does not load`,
      remedies.join(', or '),
      { cause },
    );
  }
}
