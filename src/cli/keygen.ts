/**
 * `noonmark keygen`: keys, certificates and groups of Autokey. The flags of ntp-keygen 4.2.8, and words for people.
 * Owns the dispatch and the help.
 */
import { hostname } from 'node:os';
import { takeInventory } from '../autokey/keygen/inventory.js';
import { symmetricKeysFile } from '../autokey/keygen/symmetric-keys.js';
import { EXIT, NoonmarkError } from '../errors.js';
import type { Command } from './command.js';
import { type Flags, type KeygenArguments, keygenWords, readArguments } from './keygen/arguments.js';
import { exportFiles } from './keygen/exporting.js';
import { groupCommand } from './keygen/groups.js';
import { inventoryText } from './keygen/show.js';
import { Workbench } from './keygen/workbench.js';

const usage = `usage: noonmark keygen group create NAME [--scheme gq|iff|mv] [--new] [FLAGS]
       noonmark keygen group export [NAME] [--scheme S] [--client N] > FILE
       noonmark keygen group export [NAME] --server -q PASSWORD > FILE
       noonmark keygen group join FILE [--file-password PASSWORD] [FLAGS]
       noonmark keygen host [--new] [-T] [FLAGS]
       noonmark keygen renew [FLAGS]
       noonmark keygen show [--json] [FLAGS]
       noonmark keygen [FLAGS]                       as ntp-keygen 4.2.8

Makes the keys and certificates of Autokey. In words:

  group create   a group, with this host as its trusted host (GQ of 2048 bits)
  group export   what its members need, on standard output; --server: what a further server needs
  group join     takes that file, and makes the host's own key and certificate if they are missing
  host           a host key and its certificate, without a group
  renew          a new certificate with the keys there are
  show           hosts, groups, schemes, expiry, links, and what is wrong

Flags of ntp-keygen, with their meanings:

  -T             trusted certificate              -P             private certificate (PC)
  -H             new host key                     -S RSA         new sign key
  -G             new GQ key, and ntpkey_GQpar_HOST for the recipe of 2006
  -I             new IFF key                      -V N           new MV keys, N of them, the last revoked
  -M             symmetric keys: MD5 1-10, SHA-1 11-20, AES-CMAC 21-30 (ntp.keys)
  -e             client parameters to standard output (certificates stay as they are)
  -q PASSWORD    server keys to standard output, encrypted with it
  -p PASSWORD    of the files here (default: this machine's name); --password-file FILE, - for standard input
  -m BITS        host and sign keys (2048)        -b BITS        group (GQ 2048, IFF and MV 2048)
  -c SCHEME      certificate (RSA-SHA256)         -C CIPHER      of the files (des-ede3-cbc, aes-256-cbc, …)
  -s HOST[@GROUP]  names                          -i GROUP       the group
  -l DAYS        of the certificate (365)         -d DIR         keys directory (this one)

  --for ntpd-4.2.8p15   files that make that daemon work: GQ of 1016 bits, its own layouts, traditional PEM
  --client N            group export of MV: the Nth client's key
  -o FILE               group export, -e, -q: to a new file

Nothing secret is shown on a terminal.

exit code: 0 done, 64 wrong flags, 66 a file is missing, 69 a key file is wrong, 77 no permission

examples: noonmark keygen group create lan -d /etc/noonmark -p PASSWORD
          noonmark keygen -T -G -p common_password
          noonmark keygen -e -p common_password > gqpar
`;

export const command: Command = {
  name: 'keygen',
  summary: 'make and show keys, certificates and groups of Autokey',
  usage,
  async run(args, io) {
    const line = readArguments(args, hostname());
    const bench = new Workbench(line, io);
    const [word, ...words] = line.words;
    if (word !== undefined && word !== 'group' && words.length > 0)
      throw new NoonmarkError('ERR_USAGE', `'${words[0]}' is one word too many`, 'noonmark keygen --help');
    switch (word) {
      case undefined:
        return flagsCommand(bench, line);
      case 'group':
        return groupCommand(bench, words);
      case 'host':
        return hostCommand(bench, line);
      case 'renew':
        return renewCommand(bench, line);
      case 'show':
        return showCommand(bench, line);
      default:
        throw new NoonmarkError(
          'ERR_USAGE',
          `there is no 'keygen ${word}'`,
          'noonmark keygen group, host, renew or show; noonmark keygen --help',
        );
    }
  },
};

/** Flags that make something: with them, and without an export, a certificate is written. */
const MAKING: readonly (keyof Flags)[] = [
  ...(['trusted-cert', 'pvt-cert', 'host-key', 'gq-params', 'iffkey', 'mv-params'] as const),
  ...(['sign-key', 'certificate', 'lifetime', 'modulus'] as const),
];

/** Any of these without one that makes something is an export, which leaves certificates alone. */
async function flagsCommand(bench: Workbench, line: KeygenArguments): Promise<number> {
  const { flags, hostName, group } = line;
  if (flags.md5key === true) {
    bench.write([symmetricKeysFile(bench.random, hostName, bench.now % 2 ** 32)]);
    return EXIT.ok;
  }
  const parameters = flags['id-key'] === true;
  const serverPassword = flags['export-passwd'];
  const isExport = parameters || serverPassword !== undefined;
  if (!isExport || MAKING.some((flag) => flags[flag] !== undefined)) await bench.make(keygenWords(line));
  if (isExport) exportFiles(bench, { parameters, serverPassword }, group);
  return EXIT.ok;
}

async function hostCommand(bench: Workbench, line: KeygenArguments): Promise<number> {
  const { flags, hostName } = line;
  const folder = bench.folder();
  const isThere = ['host', 'cert'].every((kind) => folder.read(`ntpkey_${kind}_${hostName}`).ok);
  if (isThere && flags.new !== true)
    throw new NoonmarkError(
      'ERR_USAGE',
      `${hostName} has its key and certificate in ${bench.directory} already`,
      'noonmark keygen renew for a new certificate, noonmark keygen host --new for a new key',
    );
  const { subject } = await bench.make({ ...keygenWords(line), newHost: flags.new });
  bench.io.out(`${subject} has its key and certificate in ${bench.directory}.\n`);
  return EXIT.ok;
}

async function renewCommand(bench: Workbench, line: KeygenArguments): Promise<number> {
  const { hostName } = line;
  if (!bench.folder().read(`ntpkey_host_${hostName}`).ok)
    throw new NoonmarkError(
      'ERR_KEYS',
      `${hostName} has no key in ${bench.directory}`,
      'noonmark keygen host, or -s HOST of another host there (noonmark keygen show)',
    );
  const { subject } = await bench.make({ ...keygenWords(line), identities: [], newHost: false });
  bench.io.out(`${subject} has a new certificate; the daemon takes it at its next start or reload.\n`);
  return EXIT.ok;
}

function showCommand(bench: Workbench, { flags, password, hasPassword }: KeygenArguments): number {
  const folder = bench.folder();
  if (folder.failure !== undefined)
    throw new NoonmarkError(
      folder.failure === 'denied' ? 'ERR_PERMISSION' : 'ERR_FILE',
      `the keys directory ${bench.directory} ${folder.failure === 'missing' ? 'does not exist' : 'cannot be read'}`,
      '-d DIR',
    );
  const inventory = takeInventory(folder, hasPassword ? password : undefined, bench.now);
  bench.io.out(flags.json === true ? `${JSON.stringify(inventory)}\n` : inventoryText(inventory));
  return inventory.problems.some(({ severity }) => severity === 'error') ? EXIT.failure : EXIT.ok;
}
