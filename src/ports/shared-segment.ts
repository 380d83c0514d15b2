/**
 * A System V shared memory segment that another program writes (NTP SHM, key 0x4e545030 + unit), as a refclock sees it.
 */
export interface SharedSegment {
  /** for people: "NTP0 (shared memory 0x4e545030)" */
  readonly name: string;
  /** how the platform's struct lays out time_t */
  readonly timeBits: 32 | 64;
  /** Attaches it, creating it if need be; throws NoonmarkError (ERR_DEVICE, ERR_PERMISSION) with a remedy. */
  open(): void;
  /** Native order; `offset` 0 .. 92, a multiple of 4. */
  readInt32(offset: number): number;
  writeInt32(offset: number, value: number): void;
  /** `offset` a multiple of 8. */
  readInt64(offset: number): bigint;
  close(): void;
}
