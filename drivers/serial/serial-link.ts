/**
 * ByteLink over a serial port (the serialport package): opens, reads, and when the line goes away comes back by itself.
 * Owns reconnection, by reopening.ts's back-off, and speed; knows nothing of what the bytes mean beyond "frames or not"
 * while it looks for the speed. serialport is loaded when the link is opened, so that nothing else needs it.
 */
import { realpathSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { SerialPort } from 'serialport';
import { NoonmarkError } from '../../src/errors.js';
import type { ByteLink, ByteLinkHandler, LineSpeed, LinkPort } from '../../src/ports/byte-link.js';
import { type Log, silentLog } from '../../src/ports/log.js';
import { every, type Scheduler, type Timer } from '../../src/ports/scheduler.js';
import { BaudHunt, HUNTED_BAUDS } from './baud-hunt.js';
import { chunksOf } from './chunks.js';
import { Reopening } from './reopening.js';
import { serialError } from './serial-error.js';

export interface SerialLinkOptions {
  /** /dev/serial0, /dev/ttyUSB0, /dev/gps0, … */
  readonly path: string;
  /** bits a second; undefined: found by listening */
  readonly baud?: number | undefined;
  /** speeds that are tried first while listening */
  readonly expected?: readonly number[] | undefined;
  /** served time, ns: the stamp of bytes at their arrival */
  readonly now: () => bigint;
  readonly scheduler: Scheduler;
  readonly log?: Log | undefined;
}

const TURN_SECONDS = 0.5;

/** Which device a path leads to now; '' when it leads nowhere. An adapter that was plugged in anew is another one. */
function deviceAt(path: string): string {
  try {
    const { dev, ino, rdev } = statSync(path);
    return `${dev} ${ino} ${rdev}`;
  } catch {
    return '';
  }
}

export function createSerialLink(options: SerialLinkOptions): ByteLink {
  return new SerialLink(options);
}

type PortConstructor = typeof SerialPort;
/** The Linux binding knows one more than the interface of all platforms. */
type LinuxSetOptions = Parameters<SerialPort['set']>[0] & { readonly lowLatency: boolean };

function loadSerialPort(): PortConstructor {
  try {
    // Not by import(): after a stat of a pipe or socket node (20) gives import() an empty module behind symbolic links.
    return (createRequire(import.meta.url)('serialport') as typeof import('serialport')).SerialPort;
  } catch (cause) {
    throw new NoonmarkError(
      'ERR_OPTIONAL_MODULE',
      'the serialport package cannot be loaded',
      'npm ci --ignore-scripts in the folder of noonmark',
      { cause },
    );
  }
}

class SerialLink implements ByteLink {
  readonly name: string;
  readonly #options: SerialLinkOptions;
  readonly #log: Log;
  #handler: ByteLinkHandler | undefined;
  #port: SerialPort | undefined;
  #isUp = false;
  readonly #reopening: Reopening;
  #turns: Timer | undefined;
  #device = '';
  #hunt: BaudHunt | undefined;
  #baud: number | undefined;

  constructor(options: SerialLinkOptions) {
    this.name = options.path;
    this.#options = options;
    this.#log = options.log ?? silentLog;
    this.#baud = options.baud;
    this.#reopening = new Reopening(options.scheduler, () => this.#attempt());
  }

  /** A u-blox on USB is a modem to Linux; behind a USB adapter it is a UART. */
  get port(): LinkPort {
    try {
      return /\/ttyACM\d+$/.test(realpathSync(this.name)) ? 'usb' : 'uart';
    } catch {
      return 'uart';
    }
  }

  get speed(): LineSpeed | undefined {
    const baud = this.#baud ?? this.#hunt?.baud;
    if (baud === undefined || this.port === 'usb') return undefined;
    return { baud, change: (next) => this.#changeSpeed(next) };
  }

  open(handler: ByteLinkHandler): void {
    this.#handler = handler;
    this.#attempt();
  }

  write(bytes: Uint8Array): void {
    if (this.#isUp) this.#port?.write(Buffer.from(bytes));
  }

  async close(): Promise<void> {
    this.#handler = undefined;
    this.#reopening.cancel();
    this.#turns?.cancel();
    const port = this.#port;
    this.#port = undefined;
    this.#isUp = false;
    if (port?.isOpen) await new Promise<void>((resolve) => port.close(() => resolve()));
  }

  #attempt(): void {
    const { path, scheduler, expected = [] } = this.#options;
    const baud = this.#baud;
    try {
      const Port = loadSerialPort();
      if (this.#handler === undefined) return;
      if (baud === undefined)
        this.#hunt ??= new BaudHunt(scheduler.monotonic(), [...new Set([...expected, ...HUNTED_BAUDS])]);
      const baudRate = baud ?? this.#hunt?.baud ?? 9600;
      // Locked for ourselves; no hang-up on close: some receivers reset when their modem lines fall.
      const port = new Port({ path, baudRate, autoOpen: false, lock: true, hupcl: false });
      this.#port = port;
      port.on('error', (error) => this.#lost(port, serialError(path, error)));
      port.on('close', (error: unknown) => this.#lost(port, serialError(path, error ?? 'closed')));
      port.on('data', (data: Buffer) => this.#bytes(port, data));
      port.open((error) => {
        if (error) this.#lost(port, serialError(path, error));
        else this.#opened(port);
      });
    } catch (error) {
      this.#lost(this.#port, error);
    }
  }

  #opened(port: SerialPort): void {
    if (port !== this.#port || this.#handler === undefined) {
      port.close();
      return;
    }
    this.#isUp = true;
    this.#reopening.opened();
    // Without it a USB adapter holds bytes back for up to 16 ms. Ports that have no such mode say so: no matter.
    const lowLatency: LinuxSetOptions = { lowLatency: true };
    port.set(lowLatency, () => undefined);
    this.#device = deviceAt(this.name);
    this.#hunt?.restart(this.#options.scheduler.monotonic());
    this.#turns?.cancel();
    this.#turns = every(this.#options.scheduler, TURN_SECONDS, () => this.#turn(port));
    this.#handler.up();
  }

  #bytes(port: SerialPort, data: Buffer): void {
    if (port !== this.#port || !this.#isUp) return;
    const arrivalNs = this.#options.now();
    this.#reopening.works();
    const hunt = this.#hunt;
    if (hunt !== undefined) {
      const before = hunt.settled;
      hunt.bytes(data, this.#options.scheduler.monotonic());
      if (hunt.settled && !before)
        this.#log.write('info', 'serial-speed', `${this.name}: frames found at ${hunt.baud} baud`);
    }
    for (const chunk of chunksOf(data)) this.#handler?.bytes(chunk, arrivalNs);
  }

  #turn(port: SerialPort): void {
    if (port !== this.#port || !this.#isUp) return;
    // serialport does not always see a hang-up: a read that was under way then returns nothing, for ever (measured).
    if (deviceAt(this.name) !== this.#device) {
      this.#lost(port, serialError(this.name, 'no such device any more'));
      return;
    }
    const baudRate = this.#hunt?.next(this.#options.scheduler.monotonic());
    if (baudRate === undefined) return;
    this.#log.write('debug', 'serial-speed', `${this.name}: listening at ${baudRate} baud`);
    this.#tell(port, baudRate);
  }

  #changeSpeed(baud: number): void {
    if (this.#baud !== undefined) this.#baud = baud;
    this.#hunt?.go(baud, this.#options.scheduler.monotonic());
    if (this.#isUp && this.#port !== undefined) this.#tell(this.#port, baud);
  }

  #tell(port: SerialPort, baudRate: number): void {
    port.update({ baudRate }, (error) => {
      if (error) this.#lost(port, serialError(this.name, error));
    });
  }

  /** Any end of the line, wanted or not; only the first for each port counts. */
  #lost(port: SerialPort | undefined, error: unknown): void {
    if (port !== this.#port) return;
    this.#port = undefined;
    this.#isUp = false;
    this.#turns?.cancel();
    if (port?.isOpen) port.close();
    const handler = this.#handler;
    if (handler === undefined) return;
    const reason = this.#reopening.lost(error);
    if (reason !== undefined) handler.down(reason);
  }
}
