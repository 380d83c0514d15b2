/**
 * UBX-CFG-PRT (06 00): a port of the receiver. 20 bytes. Polled without payload it tells of the port it is asked through.
 *
 *   offset type field            unit
 *   0      U1   portID           0 DDC (I2C), 1 UART1, 2 UART2, 3 USB, 4 SPI
 *   2      X2   txReady
 *   4      X4   mode             UART: 0x8d0 is 8N1; DDC: bits 1-7 address
 *   8      U4   baudRate         bits/s (UART)
 *   12     X2   inProtoMask      0 UBX, 1 NMEA, 2 RTCM2, 5 RTCM3
 *   14     X2   outProtoMask     0 UBX, 1 NMEA, 5 RTCM3
 *   16     X2   flags
 *
 * Source: u-blox 6 and M8 interface descriptions, UBX-CFG-PRT.
 */
import { accept, type Decoded, reject } from '../../../src/units/decoded.js';
import { blank, readFields, u1, u2, u4, type Values, writeFields } from './layout.js';

const layout = {
  port: u1(0),
  txReady: u2(2),
  mode: u4(4),
  baud: u4(8),
  inProtocols: u2(12),
  outProtocols: u2(14),
  flags: u2(16),
};

export type CfgPrt = Values<typeof layout>;

export const PROTOCOL_UBX = 1;
/** portID */
export const PORT = { ddc: 0, uart1: 1, uart2: 2, usb: 3, spi: 4 } as const;

export function decodeCfgPrt(payload: DataView): Decoded<CfgPrt> {
  if (payload.byteLength < 20) return reject('too-short');
  return accept(readFields(layout, payload));
}

export function encodeCfgPrt(port: CfgPrt): Uint8Array {
  const { payload, view } = blank(20);
  writeFields(layout, view, port);
  return payload;
}
