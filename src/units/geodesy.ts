/** Positions on WGS 84. Source: NIMA TR8350.2, WGS 84 defining parameters. */
export const WGS84_A = 6_378_137;
export const WGS84_E2 = 6.694_379_990_14e-3;

/** Earth centred axes, m, of latitude and longitude in degrees and a height above the ellipsoid in m. */
export function earthCentred(
  latDegrees: number,
  lonDegrees: number,
  heightM: number,
): { readonly x: number; readonly y: number; readonly z: number } {
  const lat = (latDegrees * Math.PI) / 180;
  const lon = (lonDegrees * Math.PI) / 180;
  const n = WGS84_A / Math.sqrt(1 - WGS84_E2 * Math.sin(lat) ** 2);
  return {
    x: (n + heightM) * Math.cos(lat) * Math.cos(lon),
    y: (n + heightM) * Math.cos(lat) * Math.sin(lon),
    z: (n * (1 - WGS84_E2) + heightM) * Math.sin(lat),
  };
}
