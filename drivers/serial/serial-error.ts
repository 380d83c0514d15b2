/**
 * What went wrong with a serial port, for a person, with the remedy. Owns the reading of serialport's messages, which
 * carry the C library's words and no code.
 */
import { NoonmarkError } from '../../src/errors.js';

const gpsd =
  "stop it or take the device from it (systemctl disable --now gpsd gpsd.socket), or use gpsd's own refclock";

/** `cause`: what serialport gave. */
export function serialError(path: string, cause: unknown): NoonmarkError {
  const message = cause instanceof Error ? cause.message : String(cause);
  const options = { cause };
  if (/lock port|resource busy|EBUSY/i.test(message)) {
    return new NoonmarkError(
      'ERR_DEVICE',
      `${path} is in use by another program (gpsd? a login on the serial console?)`,
      `${gpsd}; for a console: raspi-config, Serial Port, no login shell`,
      options,
    );
  }
  if (/permission denied|EACCES|not permitted|EPERM/i.test(message)) {
    return new NoonmarkError(
      'ERR_PERMISSION',
      `${path} may not be opened by this user`,
      "add the user to the group that owns the device, usually dialout (usermod -aG dialout USER), then log in anew; a service needs 'SupplementaryGroups=dialout'",
      options,
    );
  }
  if (/no such (file|device)|ENOENT|ENXIO|ENODEV/i.test(message)) {
    return new NoonmarkError(
      'ERR_DEVICE',
      `there is no device ${path}`,
      'plug the receiver in, or look for its name with: ls -l /dev/serial/by-id /dev/serial* /dev/ttyAMA* /dev/ttyUSB* /dev/ttyACM*',
      options,
    );
  }
  if (/inappropriate ioctl|ENOTTY/i.test(message)) {
    return new NoonmarkError(
      'ERR_DEVICE',
      `${path} is no serial port`,
      'name the port of the receiver',
      options,
    );
  }
  if (/input\/output error|EIO/i.test(message)) {
    return new NoonmarkError(
      'ERR_DEVICE',
      `${path} gives an input/output error`,
      'the device exists but does not answer: is its UART enabled (enable_uart=1 in config.txt)?',
      options,
    );
  }
  if (/bad file descriptor|EBADF|disconnected|^closed$/i.test(message)) {
    return new NoonmarkError(
      'ERR_DEVICE',
      `${path} has gone away`,
      'plug the receiver in again; it is opened by itself when it is back',
      options,
    );
  }
  return new NoonmarkError('ERR_DEVICE', `${path}: ${message}`, 'it will be tried again', options);
}
