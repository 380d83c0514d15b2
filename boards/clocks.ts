/** Clocks on battery on a board's header, wired by hand or a hat's: data only. */
export const CLOCKS = {
  ds3231: { name: 'DS3231', address: 0x68, overlays: ['i2c-header', 'rtc-ds3231'], hasKernelDriver: true },
  rv3028: { name: 'RV-3028', address: 0x52, overlays: ['i2c-header'], hasKernelDriver: false },
} as const satisfies Readonly<Record<string, ClockDefinition>>;

export interface ClockDefinition {
  /** for people */
  readonly name: string;
  /** on the bus */
  readonly address: number;
  /** sources in boards/overlays, for Debian's device trees */
  readonly overlays: readonly string[];
  /** in Debian's kernel; else it is ours to read (drivers/rtc), which the configuration asks for */
  readonly hasKernelDriver: boolean;
}
/** as `--rtc` of the card builder takes it */
export type ClockId = keyof typeof CLOCKS;
