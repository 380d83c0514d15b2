/** Clocks on battery that are wired to a board's header by hand, beside any receiver: data only. */
export const CLOCKS = {
  ds3231: { name: 'DS3231', overlays: ['i2c-header', 'rtc-ds3231'] },
} as const satisfies Readonly<Record<string, ClockDefinition>>;

export interface ClockDefinition {
  /** for people */
  readonly name: string;
  /** sources in boards/overlays, for Debian's device trees */
  readonly overlays: readonly string[];
}
/** as `--rtc` of the card builder takes it */
export type ClockId = keyof typeof CLOCKS;
