/** What the matchers of one frame (nmea/match, ubx/match) tell the scanner of the bytes from one position on. */
export type FrameMatch = { readonly kind: 'frame'; readonly length: number; readonly checked: boolean };

export type Match =
  | { readonly kind: 'no' }
  | { readonly kind: 'bad-checksum' }
  | { readonly kind: 'more' }
  | FrameMatch;

export const NO: Match = { kind: 'no' };
export const BAD_CHECKSUM: Match = { kind: 'bad-checksum' };
export const MORE: Match = { kind: 'more' };
