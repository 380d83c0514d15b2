/**
 * IP addresses between text, network-order bytes and the kernel's sockaddr. Pure apart from the interface's number,
 * which is looked up for a zone ("fe80::1%eth0").
 */
import { NoonmarkError } from '../../src/errors.js';
import { formatAddress, parseAddress } from '../../src/units/address.js';
import { AF, abi } from './abi.js';
import { libc } from './libc.js';

export interface IpAddress {
  readonly family: 4 | 6;
  /** 4 or 16 bytes, network order */
  readonly bytes: Uint8Array;
  /** interface of a link-local address; 0: none */
  readonly scopeId: number;
}

/** Reads "192.0.2.1", "2001:db8::1" or "fe80::1%eth0"; throws ERR_ADDRESS. Names are not resolved here. */
export function parseIp(text: string): IpAddress {
  const literal = parseAddress(text);
  if (literal === undefined) {
    throw new NoonmarkError(
      'ERR_ADDRESS',
      `"${text}" is not an IP address`,
      'write 192.0.2.1, 2001:db8::1 or fe80::1%eth0',
    );
  }
  const { family, bytes, zone } = literal;
  return { family, bytes, scopeId: zone === undefined ? 0 : interfaceNumber(zone) };
}

function interfaceNumber(zone: string): number {
  const number = /^\d+$/.test(zone) ? Number(zone) : libc().ifNametoindex(zone);
  if (number > 0) return number;
  throw new NoonmarkError(
    'ERR_ADDRESS',
    `there is no interface "${zone}"`,
    'see `ip link` for those there are',
  );
}

/** Number of a network interface ("eth0"); throws ERR_ADDRESS. */
export const interfaceIndex = (name: string): number => interfaceNumber(name);

/** Canonical text (RFC 5952 for IPv6) of 4 or 16 bytes in network order. */
export const formatIp = formatAddress;

/** fe80::/10, whose meaning depends on the interface (RFC 4291 §2.5.6). */
export const isLinkLocal6 = (bytes: Uint8Array): boolean =>
  bytes.length === 16 && bytes[0] === 0xfe && ((bytes[1] ?? 0) & 0xc0) === 0x80;

/** 224.0.0.0/4 or ff00::/8. */
export const isMulticast = (bytes: Uint8Array): boolean =>
  bytes.length === 16 ? bytes[0] === 0xff : ((bytes[0] ?? 0) & 0xf0) === 0xe0;

/** Writes a sockaddr_in or sockaddr_in6 at the start of `view`; answers its length. Allocates nothing. */
export function writeSockaddr(view: DataView, bytes: Uint8Array, port: number, scopeId: number): number {
  if (bytes.length === 4) {
    const layout = abi().struct.sockaddrIn;
    view.setUint16(layout.at.family, AF.inet, true);
    view.setUint16(layout.at.port, port, false);
    for (let i = 0; i < 4; i += 1) view.setUint8(layout.at.address + i, bytes[i] as number);
    return layout.size;
  }
  const layout = abi().struct.sockaddrIn6;
  view.setUint16(layout.at.family, AF.inet6, true);
  view.setUint16(layout.at.port, port, false);
  view.setUint32(layout.at.flowInfo, 0, true);
  for (let i = 0; i < 16; i += 1) view.setUint8(layout.at.address + i, bytes[i] as number);
  view.setUint32(layout.at.scopeId, scopeId, true);
  return layout.size;
}

/** Reads a sockaddr_in or sockaddr_in6; undefined for another family. */
export function readSockaddr(
  view: DataView,
): { readonly address: IpAddress; readonly port: number } | undefined {
  const family = view.getUint16(0, true);
  const { sockaddrIn, sockaddrIn6 } = abi().struct;
  const copy = (offset: number, length: number) =>
    new Uint8Array(view.buffer, view.byteOffset + offset, length).slice();
  if (family === AF.inet) {
    const bytes = copy(sockaddrIn.at.address, 4);
    return { address: { family: 4, bytes, scopeId: 0 }, port: view.getUint16(sockaddrIn.at.port, false) };
  }
  if (family !== AF.inet6) return undefined;
  const scopeId = view.getUint32(sockaddrIn6.at.scopeId, true);
  const bytes = copy(sockaddrIn6.at.address, 16);
  return { address: { family: 6, bytes, scopeId }, port: view.getUint16(sockaddrIn6.at.port, false) };
}
