/**
 * dpkg's books for a tree that was unpacked without it, so that `noonmark update` can use dpkg on the card. Pure.
 * Source: deb-status(5), dpkg's "info" folder.
 */

/** An entry of /var/lib/dpkg/status from a package's control file. `conffiles`: path and MD5. */
export function statusEntry(
  control: string,
  conffiles: readonly { readonly path: string; readonly md5: string }[],
): string {
  const lines = control.trimEnd().split('\n');
  const at = lines.findIndex((line) => line.startsWith('Package:'));
  lines.splice(at + 1, 0, 'Status: install ok installed');
  const files = conffiles.map(({ path, md5 }) => ` ${path} ${md5}`);
  return `${[...lines, ...(files.length > 0 ? ['Conffiles:', ...files] : [])].join('\n')}\n\n`;
}

/** The name dpkg gives a package's files in "info": with the architecture when several may be installed. */
export function infoName(control: string): string {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(control)?.[1] ?? '';
  const name = field('Package');
  return field('Multi-Arch') === 'same' ? `${name}:${field('Architecture')}` : name;
}

/** Lines of NAME.list from what `tar -t` says of the package. */
export function listFile(tarNames: readonly string[]): string {
  return `${tarNames.map((name) => (name === './' ? '/.' : name.replace(/^\.\//, '/').replace(/\/$/, ''))).join('\n')}\n`;
}
