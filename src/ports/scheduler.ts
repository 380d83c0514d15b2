/**
 * Timers on the monotonic clock, passed in so that the virtual world can move time.
 */
export interface Timer {
  cancel(): void;
}

export interface Scheduler {
  /** Nanoseconds, monotonic; the same scale as Clock.monotonic(). */
  monotonic(): bigint;
  /** Runs `action` once, not before `seconds` from now. */
  after(seconds: number, action: () => void): Timer;
}

/** Runs `action` each `seconds` until cancelled; a late turn does not delay the following ones. */
export function every(scheduler: Scheduler, seconds: number, action: () => void): Timer {
  let cancelled = false;
  const start = scheduler.monotonic();
  let turn = 0;
  let timer: Timer;
  const arm = () => {
    turn += 1;
    const elapsed = Number(scheduler.monotonic() - start) / 1e9;
    if (turn * seconds < elapsed) turn = Math.floor(elapsed / seconds) + 1;
    timer = scheduler.after(turn * seconds - elapsed, () => {
      if (cancelled) return;
      arm();
      action();
    });
  };
  arm();
  return {
    cancel() {
      cancelled = true;
      timer.cancel();
    },
  };
}
