import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasRoute, LinuxNetwork } from '../../../drivers/linux/network.js';
import { HostResolver, hostsAddresses } from '../../../drivers/linux/resolver.js';
import { NoonmarkError } from '../../../src/errors.js';
import { assert, test } from '../../support/suite.js';

const folder = mkdtempSync(join(tmpdir(), 'noonmark-hosts-'));
const hostsFile = join(folder, 'hosts');
writeFileSync(
  hostsFile,
  '# comment\n127.0.0.1 localhost # me\n::1\tlocalhost ip6-localhost\n192.0.2.7 Clock.Example.org\nnot-an-address clock.example.org\n',
);
const rejects = async (promise: Promise<unknown>, pattern: RegExp) => {
  try {
    await promise;
  } catch (error) {
    assert.instance(error, NoonmarkError);
    assert.is((error as NoonmarkError).code, 'ERR_ADDRESS');
    assert.match((error as NoonmarkError).message, pattern);
    return;
  }
  assert.unreachable('it was resolved');
};

/** A name server on loopback: `answers` by "name type"; silent for names it does not know; NXDOMAIN for "none.test". */
async function nameServer(answers: Readonly<Record<string, readonly (readonly number[])[]>>) {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  socket.on('message', (query, from) => {
    let end = 12;
    while (query[end] !== 0) end += (query[end] as number) + 1;
    const labels: string[] = [];
    for (let at = 12; at < end; at += (query[at] as number) + 1) {
      labels.push(query.toString('latin1', at + 1, at + 1 + (query[at] as number)));
    }
    const type = query.readUInt16BE(end + 1);
    const key = `${labels.join('.').toLowerCase()} ${type}`;
    asked.push(key);
    const found = answers[key];
    if (found === undefined && !key.startsWith('none.test')) return;
    const records = (found ?? []).map((bytes) => {
      const head = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, bytes.length]);
      return Buffer.concat([head, Buffer.from(bytes)]);
    });
    const reply = Buffer.concat([query.subarray(0, end + 5), ...records]);
    reply.writeUInt16BE(found === undefined ? 0x8183 : 0x8180, 2);
    reply.writeUInt16BE(records.length, 6);
    reply.writeUInt32BE(0, 8);
    socket.send(reply, from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return { server: `127.0.0.1:${socket.address().port}`, asked, close: () => socket.close() };
}

test('an address is its own answer, unless the other family was asked for', async () => {
  const resolver = new HostResolver({ hostsFile, timeoutSeconds: 1, routable: () => true });
  assert.equal(await resolver.resolve('192.0.2.1', 0), ['192.0.2.1']);
  assert.equal(await resolver.resolve('2001:db8::1', 6), ['2001:db8::1']);
  await rejects(resolver.resolve('192.0.2.1', 6), /IPv4 address/);
});

test('the hosts file comes first, whatever the case of the name', async () => {
  const resolver = new HostResolver({ hostsFile, timeoutSeconds: 1, routable: () => true });
  assert.equal(await resolver.resolve('localhost', 0), ['::1', '127.0.0.1']);
  assert.equal(await resolver.resolve('localhost', 4), ['127.0.0.1']);
  assert.equal(await resolver.resolve('CLOCK.example.ORG', 0), ['192.0.2.7']);
  assert.equal(hostsAddresses('', 'x'), []);
});

test('the name server is asked for both families, and what cannot be routed comes last', async () => {
  const dns = await nameServer({
    'ntp.test 1': [
      [192, 0, 2, 1],
      [192, 0, 2, 2],
    ],
    'ntp.test 28': [[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]],
  });
  const make = (six: boolean) =>
    new HostResolver({
      hostsFile,
      timeoutSeconds: 2,
      routable: (address) => six || !address.includes(':'),
      servers: [dns.server],
    });
  const [first = '', ...others] = await make(true).resolve('ntp.test', 0);
  assert.is(first, '2001:db8::1');
  assert.equal([...others].sort(), ['192.0.2.1', '192.0.2.2']);
  assert.is((await make(false).resolve('ntp.test', 0)).at(-1), '2001:db8::1');
  assert.is((await make(true).resolve('ntp.test', 4)).length, 2);
  assert.is(dns.asked.filter((key) => key.endsWith(' 28')).length, 2, 'not asked for IPv6 the third time');
  dns.close();
});

test('a name that does not exist is said so at once', async () => {
  const dns = await nameServer({});
  const resolver = new HostResolver({
    hostsFile,
    timeoutSeconds: 5,
    routable: () => true,
    servers: [dns.server],
  });
  const start = Date.now();
  await rejects(resolver.resolve('none.test', 0), /ENOTFOUND/);
  assert.ok(Date.now() - start < 3000);
  dns.close();
});

test('a name server that does not answer is given up when the time is over', async () => {
  const dns = await nameServer({});
  const resolver = new HostResolver({
    hostsFile,
    timeoutSeconds: 0.3,
    routable: () => true,
    servers: [dns.server],
  });
  const start = Date.now();
  await rejects(resolver.resolve('silent.test', 4), /cannot be resolved/);
  assert.ok(Date.now() - start < 3000, `${Date.now() - start} ms`);
  dns.close();
});

test('localhost is resolved by the network as it is set up', async () => {
  const network = new LinuxNetwork();
  assert.ok((await network.resolve('localhost', 4)).includes('127.0.0.1'));
  assert.ok(hasRoute('127.0.0.1'));
  assert.not.ok(hasRoute('not an address'));
  network.close();
});

test('connecting to what is no address, or a link-local one without its interface, is refused', () => {
  const network = new LinuxNetwork();
  for (const [address, remedy] of [
    ['example.org', /192\.0\.2\.1/],
    ['fe80::1', /fe80::1%eth0/],
  ] as const) {
    assert.throws(
      () => network.connect(address, 123),
      (error: unknown) =>
        error instanceof NoonmarkError && error.code === 'ERR_ADDRESS' && remedy.test(error.remedy),
    );
  }
  network.close();
});

test.after(() => rmSync(folder, { recursive: true, force: true }));
test.run();
