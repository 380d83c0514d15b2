/**
 * A program in a host of the lab: asks by multicast DNS for a machine's address, as clients do (from port 5353, answered to
 * all), once a second, and prints the addresses of the first answer as one line of JSON. Source: RFC 6762 §5.2, RFC 1035 §4.
 *   node name-asker.js NAME OWN-ADDRESS
 */
import { createSocket } from 'node:dgram';

const GROUP = '224.0.0.251';
const PORT = 5353;
const EVERY_MS = 1000;
const [name = '', own = ''] = process.argv.slice(2);

const TYPE_A = 1;
const HEADER = 12;

function question(): Buffer {
  const labels = name.split('.').map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)]));
  const header = Buffer.alloc(HEADER);
  header.writeUInt16BE(1, 4);
  return Buffer.concat([header, ...labels, Buffer.of(0, 0, TYPE_A, 0, 1)]);
}

/** The name at `at`, and where it ends; names point back to earlier ones only. */
function nameAt(packet: Buffer, at: number): { readonly text: string; readonly end: number } {
  const length = packet.readUInt8(at);
  if (length === 0) return { text: '', end: at + 1 };
  if (length >= 0xc0) {
    const back = packet.readUInt16BE(at) & 0x3fff;
    if (back >= at) throw new RangeError('a name that points ahead');
    return { text: nameAt(packet, back).text, end: at + 2 };
  }
  const label = packet.toString('latin1', at + 1, at + 1 + length);
  const rest = nameAt(packet, at + 1 + length);
  return { text: `${label}.${rest.text}`, end: rest.end };
}

/** IPv4 addresses that the answers of a response give that name. */
function addressesIn(packet: Buffer): readonly string[] {
  if ((packet.readUInt16BE(2) & 0x8000) === 0) return [];
  let at = HEADER;
  for (let left = packet.readUInt16BE(4); left > 0; left -= 1) at = nameAt(packet, at).end + 4;
  const found: string[] = [];
  for (let left = packet.readUInt16BE(6); left > 0; left -= 1) {
    const { text, end } = nameAt(packet, at);
    const length = packet.readUInt16BE(end + 8);
    const data = packet.subarray(end + 10, end + 10 + length);
    if (text === `${name}.` && packet.readUInt16BE(end) === TYPE_A) found.push([...data].join('.'));
    at = end + 10 + length;
  }
  return found;
}

const socket = createSocket({ type: 'udp4', reuseAddr: true });
socket.on('message', (packet) => {
  let found: readonly string[] = [];
  try {
    found = addressesIn(packet);
  } catch {
    // Nothing that concerns us.
  }
  if (found.length === 0) return;
  process.stdout.write(`${JSON.stringify(found)}\n`, () => process.exit(0));
});
socket.bind(PORT, () => {
  socket.addMembership(GROUP, own);
  socket.setMulticastInterface(own);
  socket.setMulticastTTL(255);
  const ask = () => socket.send(question(), PORT, GROUP);
  ask();
  setInterval(ask, EVERY_MS);
});
