/**
 * Lets programs start a few at a time. Starting is what costs CPU, waiting is not: a hundred daemons that start at once
 * would all be late, and what is measured from their start with them.
 */
import { availableParallelism } from 'node:os';
import { type Program, until } from './peers.js';

const START_SECONDS = 180;
let free = Math.max(2, availableParallelism());
const waiting: (() => void)[] = [];

async function enter(): Promise<void> {
  if (free > 0) free -= 1;
  else await new Promise<void>((resolve) => waiting.push(resolve));
}

function leave(): void {
  const next = waiting.shift();
  if (next === undefined) free += 1;
  else next();
}

/** Starts a program when it is its turn and answers when it has printed `ready`, or what it answers is not asked for. */
export async function startInTurn<T extends { readonly program: Program }>(
  start: () => T,
  ready: RegExp | undefined,
): Promise<T> {
  await enter();
  try {
    const started = start();
    const { program } = started;
    if (ready !== undefined)
      await until(
        { what: `${program.name} starts`, seconds: START_SECONDS, programs: [program], everySeconds: 0.1 },
        () => (ready.test(program.output()) ? true : undefined),
      );
    return started;
  } finally {
    leave();
  }
}
