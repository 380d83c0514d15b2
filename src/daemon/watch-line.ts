/**
 * The one line of state a second that `npm start` and `noonmarkd --watch` show. Text only.
 */

import { refidText } from '../source/refid.js';
import type { DaemonView } from '../status/view.js';
import { formatSeconds } from '../units/duration.js';
import { isoTime } from './logger.js';

/** At most `columns` wide; e.g. "05:12:07  stratum 1 GPS  offset -42 ns  jitter 310 ns  frequency -20.013 ppm  9 satellites  3 clients". */
export function watchLine(view: DaemonView, columns: number): string {
  const line = fullLine(view);
  return line.length <= columns ? line : `${line.slice(0, columns - 1)}…`;
}

function fullLine(view: DaemonView): string {
  const system = view.system();
  const clock = isoTime(system.nowNs).slice(11, 19);
  if (system.stratum >= 16) return `${clock}  ${system.summary}`;
  const discipline = view.discipline();
  const peer = view.sources().find((entry) => entry.view.id === system.systemPeer)?.view;
  const used = view.receiver().satellites.filter((satellite) => satellite.used).length;
  const satellites = peer?.kind === 'refclock' && used > 0 ? used : undefined;
  const clients = view.clientTable().entries;
  const parts = [
    `stratum ${system.stratum} ${refidText(system.refid) ?? [...system.refid].join('.')}`,
    discipline.phase,
    `offset ${formatSeconds(discipline.offsetSeconds)}`,
    `within ${formatSeconds(discipline.boundSeconds)}`,
    `jitter ${formatSeconds(peer?.jitterSeconds ?? system.systemJitterSeconds)}`,
    `frequency ${(discipline.frequency * 1e6).toFixed(3)} ppm`,
    ...(satellites === undefined ? [] : [`${satellites} satellites`]),
    `${clients} ${clients === 1 ? 'client' : 'clients'}`,
  ];
  return `${clock}  ${parts.join('  ')}`;
}
