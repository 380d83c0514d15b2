/** A receiver's last sentence as it is shown to others: without the place, where the user wants that (fudge flag4). */

/** First and number of the fields that tell the place, by sentence. */
const PLACE: Readonly<Record<string, readonly [number, number]>> = {
  RMC: [3, 4],
  GGA: [2, 4],
  GLL: [1, 4],
  GNS: [2, 4],
};

/** Digits of latitude and longitude become x (ntpd's driver 20, flag4). Other text comes back as it is. */
export function obscureLocation(timecode: string): string {
  const fields = timecode.split(',');
  const place = PLACE[fields[0]?.slice(-3) ?? ''];
  if (place === undefined) return timecode;
  const [first, count] = place;
  return fields
    .map((field, i) => (i >= first && i < first + count ? field.replace(/[0-9NSEW]/g, 'x') : field))
    .join(',');
}
