/** What is under way: a line that is drawn over on a terminal, else one line a step. */
const WIDTH = 24;

export class Progress {
  #last = '';
  constructor(
    private readonly write: (text: string) => void,
    private readonly isTerminal: boolean,
    private readonly steps: number,
  ) {}

  /** `step`: from 0; `part`: how much of it is done, 0 to 1. */
  show(step: number, what: string, part = 0): void {
    const done = (step + part) / this.steps;
    if (this.isTerminal) {
      const bar = '#'.repeat(Math.round(done * WIDTH)).padEnd(WIDTH, '.');
      this.write(`\r[${bar}] ${Math.floor(done * 100)} % ${what}\u001b[K`);
    } else if (this.#last !== what) this.write(`image: ${what}\n`);
    this.#last = what;
  }

  end(): void {
    if (this.isTerminal) this.write('\r\u001b[K');
  }
}
