import fc from 'fast-check';
import { appendMac, symmetricKey, verifyMac } from '../../src/auth/mac.js';
import { RES } from '../../src/auth/restrict.js';
import { answerControl } from '../../src/control/responder.js';
import { DEFAULT_SYSTEM_VARIABLES, SYSTEM_VARIABLES } from '../../src/control/system-variables.js';
import { decodeControl, OPCODE } from '../../src/wire/mode6.js';
import { assert, test } from '../support/suite.js';
import { ask, collect, depsFor, keysOf, LOOPBACK, request } from './client.js';
import { fakeView, OWN_AUTOKEY, PROVEN_AUTOKEY, SOURCES, sourceView } from './fixture.js';

const view = fakeView();

test('as lists every association with its status word', () => {
  const { data, status } = ask(view, OPCODE.readStatus);
  assert.is(status, 0x0115);
  assert.is(Buffer.from(data).toString('hex'), '0001972a000294140003f11400048011');
});

test('rv shows the system variables in ntpd’s order and formats, broken before column 72', () => {
  const { text, status } = ask(view, OPCODE.readVariables);
  assert.is(status, 0x0115);
  assert.is(
    text,
    [
      'version="noonmarkd 0.1.0 2026-11-23", processor="arm64",',
      'system="Linux/6.12.47", leap=0, stratum=1, precision=-23,',
      'rootdelay=0.000, rootdisp=0.012, refid=GPS, reftime=0xeeae46cf.00000000,',
      'clock=0xeeae46d0.80000000, peer=1, tc=4, mintc=3, offset=-0.000042,',
      'frequency=-12.345, sys_jitter=0.000310, clk_jitter=0.000,',
      'clk_wander=0.003, tai=37, leapsec=201701010000, expire=202612280000',
      '',
    ].join('\r\n'),
  );
});

test('rv of a server shows its variables in ntpd’s order and formats', () => {
  const { text, status } = ask(view, OPCODE.readVariables, 2);
  assert.is(status, 0x9414);
  assert.is(
    text.replaceAll('\r\n', ' '),
    'srcadr=192.0.2.1, srcport=123, dstadr=192.0.2.77, dstport=40123, leap=0, stratum=2, precision=-22, ' +
      'rootdelay=12.345, rootdisp=23.456, refid=198.51.100.7, reftime=0xeeae46b2.00000000, ' +
      'rec=0xeeae46bf.00000000, reach=0xff, unreach=0, hmode=3, pmode=4, hpoll=6, ppoll=6, headway=3, flash=0x0, ' +
      'keyid=0, offset=1.234, delay=15.678, dispersion=0.987, jitter=0.456, ' +
      'filtdelay= 15.68 16.00 0.00 0.00 0.00 0.00 0.00 0.00, ' +
      'filtoffset= 1.23 -1.00 0.00 0.00 0.00 0.00 0.00 0.00, ' +
      'filtdisp= 0.20 1.20 16000.00 16000.00 16000.00 16000.00 16000.00 16000.00 ',
  );
});

test('with Autokey: host, keys and certificates of this host, newest first, each with its end', () => {
  const own = fakeView();
  own.ownAutokey = OWN_AUTOKEY;
  const { text } = ask(own, OPCODE.readVariables);
  assert.is(
    text.slice(text.indexOf('host=')).replaceAll('\r\n', ' '),
    'host="peer2", flags=0x29c0043, digest="md5", signature="sha256WithRSAEncryption", update=202611230400, ' +
      'cert="peer1 peer1 0x5", until=202711230500, cert="peer2 peer2 0x0", until=202711230500 ',
  );
  assert.is(ask(own, OPCODE.readVariables, 0, 'until').error, 5, 'it goes with cert');
  assert.is(
    ask(view, OPCODE.readVariables, 0, 'host,flags').text,
    '',
    'without Autokey there is nothing to say',
  );
});

test('with Autokey: a server’s name, flags, signature and group come last', () => {
  const own = fakeView();
  own.entries = [{ view: sourceView({ autokey: PROVEN_AUTOKEY }), fate: 'sys.peer' }];
  const { text } = ask(own, OPCODE.readVariables, 2);
  assert.match(
    text.replaceAll('\r\n', ' '),
    /16000\.00, host="peer1", flags=0x29c7f43, signature="sha256WithRSAEncryption", ident="peer1" $/,
  );
});

test('read status of one association says what its read variables says', () => {
  assert.is(ask(view, OPCODE.readStatus, 2).text, ask(view, OPCODE.readVariables, 2).text);
});

test('a refclock’s refid is its name, a server’s of stratum 2 an address, of stratum 1 a name', () => {
  const refidOf = (id: number) => ask(view, OPCODE.readVariables, id, 'refid').values.get('refid');
  assert.equal([1, 2, 3, 4].map(refidOf), ['GPS', '198.51.100.7', 'PPS', 'POOL']);
});

test('a source by name shows the name, one without an address 0.0.0.0, a time that never was zeros', () => {
  const { values } = ask(view, OPCODE.readVariables, 4);
  assert.is(values.get('srchost'), 'pool.ntp.org');
  assert.is(values.get('srcadr'), '0.0.0.0');
  assert.is(values.get('rec'), '0x00000000.00000000');
  assert.is(values.get('flash'), '0x1600');
  assert.is(ask(view, OPCODE.readVariables, 3).values.get('keyid'), '7');
});

test('asked for by name, variables come in ntpd’s order, whatever the order and blanks of the request', () => {
  assert.is(
    ask(view, OPCODE.readVariables, 0, ' tai ,,offset,leap').text,
    'leap=0, offset=-0.000042, tai=37\r\n',
  );
});

test('one unknown variable refuses the request with error 5', () => {
  assert.is(ask(view, OPCODE.readVariables, 0, 'offset,nonsense').error, 5);
  assert.is(ask(view, OPCODE.readVariables, 2, 'toString').error, 5);
  assert.is(ask(view, OPCODE.readClock, 1, '__proto__').error, 5);
});

test('an unknown association, and a clock that is none, are error 4', () => {
  for (const opcode of [OPCODE.readStatus, OPCODE.readVariables, OPCODE.readClock, OPCODE.unspecified])
    assert.is(ask(view, opcode, 99).error, 4);
  assert.is(ask(view, OPCODE.readClock, 2).error, 4);
});

test('cv shows the driver’s variables and what noonmark adds; association 0 is the system peer’s clock', () => {
  const { text, status } = ask(view, OPCODE.readClock, 1);
  assert.is(status, 0);
  assert.is(
    text.replaceAll('\r\n', ' '),
    'device="/dev/serial0", timecode="$GPRMC,050000.00,A,4807.038,N,01131.000,E,0.0,84.4,231126,3.1,W*6A", ' +
      'poll=3700, noreply=2, badformat=1, baddata=0, fudgetime1=0.500, fudgetime2=0.000, stratum=0, refid=GPS, ' +
      'flags=1, gps_satellites=9, gps_fix="3d", gps_message_delay=123.456, pps_jitter=0.000310 ',
  );
  assert.is(ask(view, OPCODE.readClock).text, text);
});

test('the sets of ntpq’s sysstats, monstats, iostats, authinfo, kerninfo and sysinfo are all known', () => {
  const sets = [
    'ss_uptime,ss_reset,ss_received,ss_thisver,ss_oldver,ss_badformat,ss_badauth,ss_declined,ss_restricted,ss_limited,ss_kodsent,ss_processed',
    'mru_enabled,mru_depth,mru_deepest,mru_maxdepth,mru_mindepth,mru_maxage,mru_mem,mru_maxmem',
    'iostats_reset,total_rbuf,free_rbuf,used_rbuf,rbuf_lowater,io_dropped,io_ignored,io_received,io_sent,io_sendfailed,io_wakeups,io_goodwakeups',
    'authreset,authkeys,authfreek,authklookups,authknotfound,authkuncached,authkexpired,authencrypts,authdecrypts',
    'koffset,kfreq,kmaxerr,kesterr,kstflags,ktimeconst,kprecis,kfreqtol,kppsfreq,kppsstab,kppsjitter,kppscalibdur,kppscalibs,kppsjitexc,kppsstbexc,kppscaliberrs',
    'peeradr,peermode,leap,stratum,precision,rootdelay,rootdisp,refid,reftime,sys_jitter,clk_jitter,clk_wander,bcastdelay,authdelay',
    'timerstats_reset,timer_overruns,timer_xmts',
  ];
  for (const set of sets) assert.is(ask(view, OPCODE.readVariables, 0, set).error, undefined, set);
  const { values } = ask(view, OPCODE.readVariables, 0, `${sets[0]},${sets[1]},peeradr,authkeys,io_sent`);
  assert.is(values.get('ss_uptime'), '3725');
  assert.is(values.get('ss_processed'), '1010');
  assert.is(values.get('mru_enabled'), '0x1');
  assert.is(values.get('mru_maxmem'), '1024');
  assert.is(values.get('peeradr'), '127.127.20.0:123');
  assert.is(values.get('authkeys'), '11');
  assert.is(values.get('io_sent'), '1011');
});

test('sys_var_list names every variable there is', () => {
  const { values } = ask(view, OPCODE.readVariables, 0, 'sys_var_list');
  assert.equal(values.get('sys_var_list')?.split(','), Object.keys(SYSTEM_VARIABLES));
  for (const name of DEFAULT_SYSTEM_VARIABLES) assert.ok(Object.hasOwn(SYSTEM_VARIABLES, name), name);
});

test('what writes is refused with permission denied, an operation that does not exist with bad opcode', () => {
  for (const opcode of [OPCODE.writeVariables, OPCODE.writeClock, OPCODE.configure, OPCODE.saveConfig])
    assert.is(ask(view, opcode, 0, 'leap=1').error, 1);
  assert.is(ask(view, OPCODE.readOrderedList, 0, 'ifstats').error, 1);
  assert.is(ask(view, OPCODE.setTrap).error, 7);
  assert.is(ask(view, OPCODE.unsetTrap).error, 4);
  for (const opcode of [7, 13, 20, 30]) assert.is(ask(view, opcode).error, 3);
});

test('the unspecified operation answers the status word alone', () => {
  assert.is(ask(view, OPCODE.unspecified).status, 0x0115);
  assert.is(ask(view, OPCODE.unspecified, 3).status, 0xf114);
  assert.is(ask(view, OPCODE.unspecified, 3).data.length, 0);
});

const material = { id: 42, algorithm: 'SHA1', secret: Buffer.from('s3cret'), ranges: [] } as const;
const signed = (secret: string, id = 42): Uint8Array => {
  const bare = request(OPCODE.readVariables, 0, 'leap');
  const packet = new Uint8Array(((bare.length + 7) & ~7) + 24);
  packet.set(bare);
  appendMac(symmetricKey({ ...material, id, secret: Buffer.from(secret) }), packet, packet.length - 24);
  return packet;
};

test('a request with the right MAC is answered with a MAC, on a multiple of eight', () => {
  const deps = depsFor(view, { keys: keysOf(material) });
  const answer = answerControl(signed('s3cret'), LOOPBACK, view, deps);
  assert.not(answer.proven, 'it may be a packet that was seen elsewhere, sent again from a forged address');
  const packet = answer.packets[0] ?? new Uint8Array(0);
  const decoded = decodeControl(new DataView(packet.buffer), packet.length);
  assert.ok(decoded.ok);
  if (!decoded.ok) return;
  assert.is(decoded.value.keyId, 42);
  assert.is((decoded.value.macAt ?? 1) % 8, 0);
  assert.ok(verifyMac(symmetricKey(material), packet, decoded.value.macAt ?? 0, decoded.value.macLength));
  assert.is(Buffer.from(decoded.value.data).toString(), 'leap=0\r\n');
});

test('a wrong MAC, an unknown key, and a key that may not be used from there are error 1, without a MAC', () => {
  const elsewhere = { ...material, ranges: [{ address: Uint8Array.of(10, 0, 0, 0), prefixLength: 8 }] };
  for (const [packet, keys] of [
    [signed('wrong'), keysOf(material)],
    [signed('s3cret', 43), keysOf(material)],
    [signed('s3cret'), keysOf(elsewhere)],
    [signed('s3cret'), keysOf()],
  ] as const) {
    const answer = answerControl(packet, LOOPBACK, view, depsFor(view, { keys }));
    assert.is(collect(answer, OPCODE.readVariables).error, 1);
    assert.is(answer.packets[0]?.length, 12);
    assert.not(answer.proven);
  }
});

test('replies, fragments and other modes are dropped with a reason; a count beyond the data is error 2', () => {
  const refused = (change: (packet: Uint8Array) => void) => {
    const packet = request(OPCODE.readVariables, 0, 'leap');
    change(packet);
    return answerControl(packet, LOOPBACK, view, depsFor(view));
  };
  const reasonOf = (change: (packet: Uint8Array) => void) => refused(change).refusal;
  const byte = (at: number, value: number) => (packet: Uint8Array) => {
    packet[at] = value;
  };
  assert.is(reasonOf(byte(1, 0x82)), 'response');
  assert.is(reasonOf(byte(1, 0x42)), 'response');
  assert.is(reasonOf(byte(1, 0x22)), 'fragment');
  assert.is(reasonOf(byte(9, 4)), 'fragment');
  assert.is(reasonOf(byte(0, 0x13)), 'bad-mode');
  assert.is(reasonOf(byte(0, 0x2e)), 'bad-version');
  assert.is(answerControl(new Uint8Array(11), LOOPBACK, view, depsFor(view)).refusal, 'too-short');
  assert.is(collect(refused(byte(11, 200)), OPCODE.readVariables).error, 2);
  assert.is(collect(refused(byte(10, 200)), OPCODE.readVariables).error, 2);
});

test('nomrulist refuses the client list alone', () => {
  const deps = depsFor(view, { restrictions: RES.nomrulist });
  assert.is(ask(view, OPCODE.readMru, 0, 'frags=1', deps).error, 1);
  assert.is(ask(view, OPCODE.requestNonce, 0, '', deps).error, undefined);
});

test('ntpq’s and ntpsec’s version bits are both answered in kind', () => {
  const packet = request(OPCODE.readVariables, 0, 'leap');
  packet[0] = 0xd6;
  const answer = answerControl(packet, LOOPBACK, view, depsFor(view));
  assert.is(answer.packets[0]?.[0], 0x16);
});

test('whatever the view holds, no value is NaN, infinite or breaks the list', () => {
  const odd = fakeView();
  odd.change = {
    offsetSeconds: Number.NaN,
    frequency: Number.POSITIVE_INFINITY,
    rootDelaySeconds: -1e300,
    refid: Uint8Array.of(0x2c, 0x22, 0xff, 0x41),
    version: 'a"b,\r\nc',
    referenceTimeNs: -(10n ** 30n),
    leapAtNs: 10n ** 30n,
  };
  odd.entries = [
    ...SOURCES,
    { fate: 'outlier', view: sourceView({ id: 70_000, name: 'é,"=', offsetSeconds: Number.NaN }) },
  ];
  const { text, values } = ask(odd, OPCODE.readVariables);
  assert.not.match(text, /NaN|Infinity|e\+/);
  assert.is(values.get('offset'), '0.000000');
  assert.is(values.get('refid'), '...A');
  assert.is(values.get('version'), "a'b,??c");
  assert.is(values.get('leapsec'), undefined);
  const ids = ask(odd, OPCODE.readStatus).data;
  const last = new DataView(ids.buffer, ids.byteOffset).getUint16(16);
  assert.is(ask(odd, OPCODE.readVariables, last).values.get('srchost'), "é,'=".replace('é', '?'));
});

test('random and mutated requests never throw, and a reply without a nonce is bounded by what there is to tell', () => {
  const seeds = [
    request(OPCODE.readVariables),
    request(OPCODE.readVariables, 1, 'offset,leap'),
    request(
      OPCODE.readMru,
      0,
      'nonce=00000000000000000000000000000000, frags=32, addr.0=[::1]:1, last.0=0x1.2',
    ),
    request(OPCODE.requestNonce),
    signed('s3cret'),
  ];
  const many = fakeView(500);
  const deps = depsFor(many, { keys: keysOf(material) });
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 520 }),
        fc
          .tuple(fc.constantFrom(...seeds), fc.array(fc.tuple(fc.nat(600), fc.nat(255)), { maxLength: 6 }))
          .map(([seed, changes]) => {
            const packet = seed.slice();
            for (const [at, value] of changes) packet[at % packet.length] = value;
            return packet;
          }),
      ),
      (packet) => {
        const { packets, refusal } = answerControl(packet, LOOPBACK, many, deps);
        const bytes = packets.reduce((sum, reply) => sum + reply.length, 0);
        assert.ok(bytes <= 2048);
        assert.is(packets.length === 0, refusal !== undefined);
        for (const reply of packets) assert.ok(reply.length <= 12 + 468 + 4 + 24);
      },
    ),
    { numRuns: 3000 },
  );
});

test.run();
