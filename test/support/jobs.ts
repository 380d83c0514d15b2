/**
 * Shell commands in an emulated machine, over a line of text: the far end (jobLoop) takes "ID COMMAND" and answers a job's
 * lines as "ID|TEXT" and its end as "ID=EXIT-CODE", several jobs at a time. Owns who waits for which job; the line is its
 * user's.
 */

/** What the far end runs in a shell whose standard input and output are the line. */
export const jobLoop = `while read -r id command; do
  (
    { sh -c "echo \\$\\$ > /run/$id.pid; $command" 2>&1 < /dev/null; echo "$?" > "/run/$id.exit"; } |
      while IFS= read -r line; do echo "$id|$line"; done
    echo "$id=$(cat "/run/$id.exit")"
  ) &
done
`;

export interface JobResult {
  readonly exitCode: number;
  /** standard output and error, lines */
  readonly lines: readonly string[];
}

export interface Job {
  readonly lines: readonly string[];
  /** undefined: it still runs */
  readonly exitCode: number | undefined;
  readonly ended: Promise<JobResult>;
  /** The signal goes to the job's first process: start the command with `exec`. */
  signal(name: 'TERM' | 'HUP' | 'KILL'): Promise<void>;
}

interface RunningJob {
  readonly lines: string[];
  exitCode: number | undefined;
  readonly onLine: (line: string) => void;
  readonly end: (exitCode: number) => void;
}

/** A promise that is rejected with what is known when it takes too long. */
export function within<T>(seconds: number, what: () => string, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`after ${seconds} s: ${what()}`)), seconds * 1000);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Jobs of one machine. */
export class Jobs {
  readonly #jobs = new Map<string, RunningJob>();
  readonly #write: (text: string) => void;
  #count = 0;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** A line from the far end; what is no job's is nobody's. */
  take(text: string): void {
    const match = /^(\w+)([|=])(.*?)\r?$/.exec(text);
    const job = this.#jobs.get(match?.[1] ?? '');
    if (job === undefined) return;
    const rest = match?.[3] ?? '';
    if (match?.[2] === '=') {
      job.exitCode = Number(rest);
      job.end(job.exitCode);
      return;
    }
    job.lines.push(rest);
    job.onLine(rest);
  }

  /** Answers when the far end has said "ready|" by itself. */
  ready(): Promise<void> {
    return new Promise((resolve) => {
      const end = () => resolve();
      this.#jobs.set('ready', { lines: [], exitCode: undefined, onLine: end, end });
    });
  }

  start(command: string, onLine: (line: string) => void = () => undefined): Job {
    if (command.includes('\n')) throw new Error('a command is one line');
    this.#count += 1;
    const id = `job${this.#count}`;
    const lines: string[] = [];
    const ended = new Promise<JobResult>((resolve) => {
      const end = (exitCode: number) => resolve({ exitCode, lines });
      this.#jobs.set(id, { lines, exitCode: undefined, onLine, end });
    });
    const job = this.#jobs.get(id);
    this.#write(`${id} ${command}\n`);
    const signal = async (name: string) => {
      await this.start(`kill -${name} $(cat /run/${id}.pid)`).ended;
    };
    return {
      lines,
      get exitCode() {
        return job?.exitCode;
      },
      ended,
      signal,
    };
  }

  /** Runs a command to its end. Rejects when it takes longer than that, with what it said, and when `gone` does. */
  run(
    command: string,
    seconds: number,
    gone: Promise<never>,
    onLine: (line: string) => void = () => undefined,
  ): Promise<JobResult> {
    const job = this.start(command, onLine);
    return within(
      seconds,
      () => `still running: ${command}\n${job.lines.join('\n')}`,
      Promise.race([job.ended, gone]),
    );
  }
}
