/** The root file system as a file: mke2fs fills it from a folder, without mounting anything. */
import { run } from './shell.js';
import { ROOT_LABEL } from './texts.js';

/** `seconds`: the time of all files; `uuid`: of the file system. Belongings are as they are in the folder. */
export function writeExt4(folder: string, out: string, size: number, seconds: number, uuid: string): void {
  const env = { E2FSPROGS_FAKE_TIME: String(seconds), SOURCE_DATE_EPOCH: String(seconds) };
  run('find', [folder, '-exec', 'touch', '-h', '-d', `@${seconds}`, '{}', '+']);
  const features = ['-O', '^resize_inode', '-E', `hash_seed=${uuid},lazy_itable_init=0,root_owner=0:0`];
  run(
    'mke2fs',
    ['-q', '-t', 'ext4', '-d', folder, '-L', ROOT_LABEL, '-U', uuid, ...features, out, `${size / 1024}k`],
    { env },
  );
  // The time of the last change of an inode cannot be set in the folder: mke2fs took when it was made.
  const used = usedInodes(run('dumpe2fs', [out]).toString());
  run('debugfs', ['-w', '-f', '-', out], {
    env,
    input: used.map((inode) => `set_inode_field <${inode}> ctime @${seconds}\n`).join(''),
  });
}

/** Numbers of the inodes that files have, from what dumpe2fs says of each group. */
export function usedInodes(dump: string): readonly number[] {
  const perGroup = Number(/^Inodes per group: +(\d+)$/m.exec(dump)?.[1]);
  const first = Number(/^First inode: +(\d+)$/m.exec(dump)?.[1]);
  const free = [...dump.matchAll(/^ +Free inodes: (.*)$/gm)].map(([, list = '']) => ranges(list));
  const used: number[] = [];
  for (const [group, holes] of free.entries())
    for (let inode = group * perGroup + 1; inode <= (group + 1) * perGroup; inode += 1)
      if ((inode === 2 || inode >= first) && !holes.some(([from, to]) => inode >= from && inode <= to))
        used.push(inode);
  return used;
}

const ranges = (list: string): readonly (readonly [number, number])[] =>
  [...list.matchAll(/(\d+)(?:-(\d+))?/g)].map(([, from, to]) => [Number(from), Number(to ?? from)]);
