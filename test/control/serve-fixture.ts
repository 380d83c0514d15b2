/**
 * Not a test: serves the fixture's mode 6 on port 123, for real ntpqs in a network namespace. Says "ready" when it does.
 * Arguments: the number of clients in the list.
 */
import { createSocket } from 'node:dgram';
import { symmetricKey } from '../../src/auth/mac.js';
import { ControlService } from '../../src/control/service.js';
import { silentLog } from '../../src/ports/log.js';
import { parseAddress } from '../../src/source/address.js';
import { fakeView, OWN_AUTOKEY, PROVEN_AUTOKEY, SOURCES, sourceView } from './fixture.js';

export const CONTROL_KEY = { id: 42, secret: 'noonmark-test' };

const view = fakeView(Number(process.argv[2] ?? 3));
view.ownAutokey = OWN_AUTOKEY;
const proven = sourceView({
  ...{ id: 5, address: '192.0.2.5', autokey: PROVEN_AUTOKEY, keyId: 0x309c_a22a },
  ...{ authenticationEnabled: true, authentic: true },
});
view.entries = [...SOURCES, { view: proven, fate: 'candidate' }];

const service = new ControlService({
  view,
  random: { bytes: (n) => crypto.getRandomValues(new Uint8Array(n)), uniform: Math.random },
  log: { ...silentLog, write: (_level, event, text) => console.error(event, text) },
  monotonic: () => process.hrtime.bigint(),
  keys: () =>
    new Map([
      [
        CONTROL_KEY.id,
        symmetricKey({
          id: CONTROL_KEY.id,
          algorithm: 'MD5',
          secret: Buffer.from(CONTROL_KEY.secret),
          ranges: [],
        }),
      ],
    ]),
  mru: () => ({ enabled: true, minDepth: 600, maxAgeSeconds: 64, entryBytes: 64 }),
});

let waiting = 2;
for (const [type, address] of [
  ['udp4', '0.0.0.0'],
  ['udp6', '::'],
] as const) {
  const socket = createSocket({ type, ipv6Only: type === 'udp6', recvBufferSize: 1 << 20 });
  socket.on('message', (request, from) => {
    const bytes = parseAddress(from.address) ?? new Uint8Array(4);
    for (const packet of service.answer(request, { address: bytes, port: from.port }, 0))
      socket.send(packet, from.port, from.address);
  });
  socket.bind(123, address, () => {
    waiting -= 1;
    if (waiting === 0) console.log('ready');
  });
}
