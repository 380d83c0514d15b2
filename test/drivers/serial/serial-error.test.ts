import { serialError } from '../../../drivers/serial/serial-error.js';
import { assert, test } from '../../support/suite.js';

const of = (message: string) => serialError('/dev/ttyAMA0', new Error(message));

test('a port held by another program names gpsd and what to do', () => {
  for (const message of [
    'Error Resource temporarily unavailable Cannot lock port',
    'Error: Device or resource busy, cannot open /dev/ttyAMA0',
  ]) {
    const error = of(message);
    assert.is(error.code, 'ERR_DEVICE');
    assert.match(error.message, /in use by another program \(gpsd/);
    assert.match(error.remedy, /systemctl disable --now gpsd/);
  }
});

test('a missing right names the dialout group', () => {
  const error = of('Error: Permission denied, cannot open /dev/ttyAMA0');
  assert.is(error.code, 'ERR_PERMISSION');
  assert.match(error.remedy, /dialout/);
});

test('a missing device, a file that is no port, and a dead UART are told apart', () => {
  assert.match(
    of('Error: No such file or directory, cannot open /dev/ttyAMA0').message,
    /there is no device/,
  );
  assert.match(of('Error: Inappropriate ioctl for device setting custom baud').message, /is no serial port/);
  assert.match(of('Error: Input/output error, cannot open').remedy, /enable_uart/);
  assert.match(of('something new').message, /something new/);
});

test('a line that hung up is said to have gone away', () => {
  for (const message of ['bad file descriptor', 'Disconnected', 'closed'])
    assert.match(of(message).message, '/dev/ttyAMA0 has gone away');
});

test.run();
