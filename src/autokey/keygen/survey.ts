/**
 * What a directory holds already for a host, before keygen adds to it. A file that is there but cannot be opened ends
 * the run: making a new one in its place would cut the host off from its group (the reference's `-e` does that).
 */
import { NoonmarkError } from '../../errors.js';
import { type Certificate, parseCertificate } from '../certificate/parse.js';
import { KeyFileFault } from '../files/fault.js';
import type { KeyFolder } from '../files/folder.js';
import { KeyReader } from '../files/key-reader.js';
import { gqKeyOf } from '../files/layouts.js';
import { hostLink, keyLink } from '../files/names.js';
import type { Existing } from './make.js';

/** Throws ERR_KEYS, with the file in the message, for what cannot be opened. `isNewHost`: the host key is not looked at. */
export function surveyFolder(
  folder: KeyFolder,
  hostName: string,
  password: string,
  isNewHost: boolean,
): Existing {
  const reader = new KeyReader(folder, password);
  const host = isNewHost ? undefined : reader.hostKey(hostLink('host', hostName), false)?.key;
  const sign = reader.hostKey(hostLink('sign', hostName), false)?.key;
  endWithProblems(reader);
  return {
    host,
    sign,
    certificate: certificateOf(folder, hostName),
    gqValue: (group) => {
      const key = reader.identity(keyLink('gq', group), gqKeyOf);
      endWithProblems(reader);
      return key?.value.v;
    },
  };
}

/** The certificate there is; a bad one counts as none, since it is to be replaced. */
export function certificateOf(folder: KeyFolder, hostName: string): Certificate | undefined {
  const file = new KeyReader(folder, '').certificate(hostLink('cert', hostName), false);
  const parsed = file === undefined ? undefined : parseCertificate(file.der);
  return parsed?.ok === true ? parsed.value : undefined;
}

/** Throws what made a file unusable first; what is only said of rights is passed over. */
export function endWithProblems({ failures }: KeyReader): void {
  const [first] = failures;
  if (first === undefined) return;
  throw new NoonmarkError('ERR_KEYS', `${first.file}, line ${first.line}: ${first.message}`, first.remedy);
}

/** A fault of a file that has a name, as an error for the terminal. */
export function named<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof KeyFileFault)) throw error;
    throw new NoonmarkError('ERR_KEYS', `${file}, line ${error.line}: ${error.message}`, error.remedy, {
      cause: error,
    });
  }
}
