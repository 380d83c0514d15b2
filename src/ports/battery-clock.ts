/**
 * A clock that goes on without power: what time it is at boot before anybody else knows. Whole seconds of UTC.
 * Implemented by drivers/rtc (the kernel's /dev/rtcN; a DS3231 or an RV-3028 on I2C).
 */
export interface BatteryClock {
  /** for people: "rtc0 (rtc-ds1307 1-0068)" */
  readonly name: string;
  /** Unix seconds; undefined: it has lost its time. Takes a few milliseconds. Throws NoonmarkError: it cannot be read. */
  read(): bigint | undefined;
  /** From now on it shows `unixSeconds` and goes on; to be called as that second begins. Throws NoonmarkError. */
  set(unixSeconds: bigint): void;
}
