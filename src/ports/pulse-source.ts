/**
 * Where pulse edges come from: kernel PPS, GPIO character device, GPIO sysfs (onoff), simulated.
 */
export interface Edge {
  /** Counts every edge the hardware saw, wraps at 2^32; a gap means edges that were missed. */
  readonly sequence: number;
  /** Kernel stamp of the edge, Unix ns on CLOCK_REALTIME; Clock.toServed() maps it. */
  readonly assertNs: bigint;
}

export interface PulseSource {
  /** for people: "/dev/pps0", "gpio 18 (pinctrl-bcm2711)", "simulated" */
  readonly name: string;
  /** Opens it; throws NoonmarkError (ERR_DEVICE, ERR_PERMISSION, ERR_OPTIONAL_MODULE) with a remedy. */
  open(): void;
  /** Edges since the last call, oldest first; never blocks. Edges between two calls may be lost (sequence tells). */
  poll(): readonly Edge[];
  close(): void;
}
