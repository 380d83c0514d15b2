/** What the launcher leaves where the daemon began in a startup snapshot, until that has shown to work (packaging/noonmarkd). */
import { rmSync } from 'node:fs';

/** The daemon serves: the next start may begin in the snapshot as well. Never throws. */
export function endSnapshotTrial(environment: Readonly<Record<string, string | undefined>>): void {
  const mark = environment['NOONMARK_SNAPSHOT_TRIAL'];
  if (mark === undefined) return;
  try {
    rmSync(mark, { force: true });
  } catch {
    // The next start takes longer.
  }
}
