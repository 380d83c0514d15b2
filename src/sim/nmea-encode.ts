/**
 * NMEA 0183 sentences as a simulated receiver writes them. The real decoder is drivers/gps, which this must not import.
 * Source: NMEA 0183 v4.1 field orders, as published in the u-blox 8 / M8 receiver description.
 */
import type { GpsSatellite } from '../ports/gps.js';
import type { ReceiverState } from './receiver-state.js';

export type NmeaSentence = 'GGA' | 'GLL' | 'GSA' | 'GSV' | 'RMC' | 'ZDA';

const two = (n: number) => String(n).padStart(2, '0');

/** `body` without $ and checksum, e.g. "GPRMC,…". */
export function nmeaLine(body: string): string {
  let sum = 0;
  for (let i = 0; i < body.length; i += 1) sum ^= body.charCodeAt(i);
  return `$${body}*${sum.toString(16).toUpperCase().padStart(2, '0')}\r\n`;
}

function timeField(state: ReceiverState): string {
  const { utc } = state;
  return utc === undefined ? '' : `${two(utc.hour)}${two(utc.minute)}${two(utc.second)}.00`;
}

/** Degrees to "ddmm.mmmmm,N": `width` digits of degrees. */
function angle(degrees: number, width: number, positive: string, negative: string): string {
  const magnitude = Math.round(Math.abs(degrees) * 60e5);
  const whole = Math.floor(magnitude / 60e5);
  const minutes = ((magnitude - whole * 60e5) / 1e5).toFixed(5).padStart(8, '0');
  return `${String(whole).padStart(width, '0')}${minutes},${degrees < 0 ? negative : positive}`;
}

const position = (state: ReceiverState) =>
  state.valid ? `${angle(state.latDegrees, 2, 'N', 'S')},${angle(state.lonDegrees, 3, 'E', 'W')}` : ',,,';

function gsv(satellites: readonly GpsSatellite[]): string {
  const groups = Math.max(1, Math.ceil(satellites.length / 4));
  let text = '';
  for (let group = 0; group < groups; group += 1) {
    const fields = satellites
      .slice(group * 4, group * 4 + 4)
      .map(
        (s) =>
          `,${two(s.id)},${two(s.elevationDegrees ?? 0)},${String(s.azimuthDegrees ?? 0).padStart(3, '0')},${s.snrDb === undefined ? '' : two(s.snrDb)}`,
      )
      .join('');
    text += nmeaLine(`GPGSV,${groups},${group + 1},${two(satellites.length)}${fields}`);
  }
  return text;
}

/** One sentence (GSV: all of its group), CR LF included. `talker`: two letters, "GP" or "GN". */
export function encodeNmea(sentence: NmeaSentence, talker: string, state: ReceiverState): string {
  const { utc } = state;
  const status = state.valid ? 'A' : 'V';
  const mode = state.valid ? 'A' : 'N';
  switch (sentence) {
    case 'GGA': {
      const height = state.valid ? `${state.altM.toFixed(1)},M,46.9,M` : ',M,,M';
      const dilution = state.valid ? '0.98' : '99.99';
      return nmeaLine(
        `${talker}GGA,${timeField(state)},${position(state)},${state.valid ? 1 : 0},${two(state.satellitesUsed)},${dilution},${height},,`,
      );
    }
    case 'GLL':
      return nmeaLine(`${talker}GLL,${position(state)},${timeField(state)},${status},${mode}`);
    case 'GSA': {
      const used = state.satellites.filter((satellite) => satellite.used).slice(0, 12);
      const ids = Array.from({ length: 12 }, (_, i) => {
        const satellite = used[i];
        return satellite === undefined ? '' : two(satellite.id);
      }).join(',');
      return nmeaLine(
        `${talker}GSA,A,${state.valid ? 3 : 1},${ids},${state.valid ? '1.74,0.98,1.44' : '99.99,99.99,99.99'}`,
      );
    }
    case 'GSV':
      return gsv(state.satellites);
    case 'RMC': {
      const date = utc === undefined ? '' : `${two(utc.day)}${two(utc.month)}${two(utc.year % 100)}`;
      const motion = state.valid ? '0.012,' : ',';
      return nmeaLine(
        `${talker}RMC,${timeField(state)},${status},${position(state)},${motion},${date},,,${mode}`,
      );
    }
    case 'ZDA':
      return nmeaLine(
        utc === undefined
          ? `${talker}ZDA,,,,,,`
          : `${talker}ZDA,${timeField(state)},${two(utc.day)},${two(utc.month)},${utc.year},00,00`,
      );
  }
}
