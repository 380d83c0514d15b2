/**
 * The result of decoding foreign bytes: a value, or a reason from a closed union.
 * Decoders never throw on bad input (design rule 4); reasons are counted in the metrics.
 */
export type WireFailure =
  | 'too-short'
  | 'too-long'
  | 'bad-length'
  | 'bad-version'
  | 'bad-mode'
  | 'bad-checksum'
  | 'bad-field'
  | 'bad-mac-length'
  | 'unknown-type';

export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: WireFailure };

export const accept = <T>(value: T): Decoded<T> => ({ ok: true, value });
export const reject = (reason: WireFailure): { readonly ok: false; readonly reason: WireFailure } => ({
  ok: false,
  reason,
});
