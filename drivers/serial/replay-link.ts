/**
 * ByteLink that plays a capture at the pace at which it was recorded, or any other.
 * Owns the sending; when to send what is replay-plan.ts's.
 */
import type { ByteLink, ByteLinkHandler } from '../../src/ports/byte-link.js';
import type { Scheduler, Timer } from '../../src/ports/scheduler.js';
import { chunksOf } from './chunks.js';
import { planReplay, type ReplayPlanOptions } from './replay-plan.js';

export interface ReplayLinkOptions extends ReplayPlanOptions {
  readonly name: string;
  readonly capture: Uint8Array;
  /** 1: as recorded; 10: ten times as fast */
  readonly pace?: number | undefined;
  /** served time, ns */
  readonly now: () => bigint;
  readonly scheduler: Scheduler;
  /** called once, after the last byte */
  readonly ended?: (() => void) | undefined;
}

export function createReplayLink(options: ReplayLinkOptions): ByteLink {
  const { name, capture, pace = 1, now, scheduler, ended } = options;
  let handler: ByteLinkHandler | undefined;
  let timer: Timer | undefined;
  return {
    name,
    open(given) {
      handler = given;
      const plan = planReplay(capture, options);
      const startNs = scheduler.monotonic();
      let index = 0;
      given.up();
      const turn = () => {
        for (;;) {
          const step = plan[index];
          if (handler === undefined) return;
          if (step === undefined) {
            handler.down('the capture has ended');
            ended?.();
            return;
          }
          const wait = step.atSeconds / pace - Number(scheduler.monotonic() - startNs) / 1e9;
          if (wait > 0) {
            timer = scheduler.after(wait, turn);
            return;
          }
          index += 1;
          for (const chunk of chunksOf(step.bytes)) handler.bytes(chunk, now());
        }
      };
      timer = scheduler.after(0, turn);
    },
    write() {},
    async close() {
      handler = undefined;
      timer?.cancel();
    },
  };
}
