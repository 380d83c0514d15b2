import { readFileSync } from 'node:fs';
import { parseCertificate } from '../../../src/autokey/certificate/parse.js';
import { openKeyFolder } from '../../../src/autokey/files/folder.js';
import { type LoadedKeys, loadKeys } from '../../../src/autokey/files/load.js';
import { readArmour } from '../../../src/autokey/files/pem.js';
import { readPrivateKey } from '../../../src/autokey/files/private-key.js';
import { inverse, power } from '../../../src/autokey/powers/integers.js';
import { type VectorHost, vectorHosts, withKeyFolder } from '../../support/autokey-vectors.js';
import { assert, has, record, test } from '../../support/suite.js';

/** Inside the validity of nearly all of them: they were made on one day. */
const NOW = 4_004_390_000;

const load = ({ source, hostName, group, password }: VectorHost): LoadedKeys =>
  withKeyFolder(source, (folder) =>
    loadKeys(openKeyFolder(folder), { hostName, group, password, nowSeconds: NOW }),
  );

if (has('key files of the reference daemons', 'shared')) {
  const hosts = vectorHosts();
  const loaded = new Map(hosts.map((host) => [host.name, load(host)]));

  test('every host of the reference vectors loads with its key and certificate', () => {
    let expired = 0;
    for (const { name } of hosts) {
      const { host, certificate, problems } = loaded.get(name)!;
      assert.ok(host !== undefined && certificate !== undefined, `${name}: ${JSON.stringify(problems)}`);
      const errors = problems.filter(({ severity }) => severity === 'error');
      expired += errors.filter(({ message }) => message.includes('expired')).length;
      const others = errors.filter(({ message }) => !message.includes('expired'));
      assert.equal(others, [], name);
      assert.ok(host.filestamp >= 4_004_380_000 && host.filestamp <= certificate.filestamp + 10, name);
    }
    // fail-expsrv and fail-expcli
    assert.is(expired, 2);
    record('autokey-vector-hosts', { hosts: hosts.length });
  });

  test('every GQ server key satisfies v = (u^-1)^b mod n, and its v stands in the certificate', () => {
    let keys = 0;
    for (const [name, { gqKey, certificate }] of loaded) {
      if (gqKey === undefined) continue;
      keys += 1;
      const { n, b, u, v } = gqKey.value;
      assert.is(power(inverse(u, n)!, b, n), v, name);
      const parsed = parseCertificate(certificate!.der);
      assert.ok(parsed.ok && parsed.value.gqValue === v, name);
    }
    assert.ok(keys > 40, String(keys));
    record('autokey-vector-gq-keys', { keys });
  });

  test('every GQ parameter file holds the n and b of its group', () => {
    let files = 0;
    for (const { name } of hosts) {
      for (const [group, { value }] of loaded.get(name)!.gqParameters) {
        const mates = hosts
          .filter((other) => other.name.slice(0, -1) === name.slice(0, -1))
          .map((other) => loaded.get(other.name)!.gqKey)
          .filter((key) => key?.owner === group);
        for (const key of mates) {
          assert.is(value.n, key!.value.n, `${name} ${group}`);
          assert.is(value.b, key!.value.b, `${name} ${group}`);
          files += 1;
        }
      }
    }
    assert.ok(files > 60, String(files));
  });

  test('the layouts of GQ files are told apart', () => {
    assert.is(loaded.get('vectors/cs-gq/a')!.gqKey?.value.layout, 'stock');
    assert.is(loaded.get('vectors/cs-gq/b')!.gqParameters.get('peer1')?.value.layout, 'stock');
    assert.is(loaded.get('vectors/cs-gq-fix/a')!.gqKey?.value.layout, 'p15');
    assert.is(loaded.get('vectors/cs-gq-fix/b')!.gqParameters.get('peer1')?.value.layout, 'both');
    assert.is(loaded.get('vectors/cs-gq-universal/a')!.gqKey?.value.layout, 'both');
  });

  test('IFF: v is computed from the stock server key, read from the client file in traditional PEM', () => {
    const server = loaded.get('vectors/cs-iff-fix/a')!.iffKey!;
    const client = loaded.get('vectors/cs-iff-fix/b')!.iffParameters.get('peer1')!;
    const { p, q, g, b, v } = server.value;
    assert.is(power(g, q - b, p), v);
    assert.equal(client.value, { p, q, g, v });
    assert.is(client.filestamp, server.filestamp);
  });

  test('IFF and MV files that lost a number say so, with what to do', () => {
    for (const [name, scheme] of [
      ['cs-iff', 'iff'],
      ['cs-mv', 'mv'],
    ] as const) {
      const { problems, iffParameters, mvParameters } = loaded.get(`vectors/${name}/b`)!;
      assert.is(iffParameters.size + mvParameters.size, 0);
      const problem = problems.find(({ file }) => file.endsWith(`ntpkey_${scheme}par_peer1`));
      assert.match(problem!.message, /is missing in this file/);
      assert.match(problem!.remedy, /noonmark keygen group (export|create)/);
    }
  });

  test('MV: server and client keys of traditional PEM fit: a challenge comes back', () => {
    const { p, q, e, gbar, ghat } = loaded.get('vectors/cs-mv-fix/a')!.mvKey!.value;
    const client = loaded.get('vectors/cs-mv-fix/b')!.mvParameters.get('peer1')!.value;
    assert.is(client.p, p);
    const [r, k] = [12_345_678_901n, 987_654_321n % q];
    const [a, b, c] = [(r * power(e, k, p)) % p, power(gbar, k, p), power(ghat, k, p)];
    assert.is((power(b, client.xhat, p) * power(c, client.xbar, p) * a) % p, r);
  });

  test('exports written to stdout read like any file', () => {
    const gqpar = withVector('vectors/cs-gq/a', 'gqpar');
    assert.is(gqpar.filestamp, 4_004_380_625);
    assert.is(gqpar.name, 'ntpkey_gqpar_peer1.4004380625');
    assert.is(readPrivateKey(gqpar.blocks[0]!, undefined).type, 'rsa');
  });

  test('a wrong password is an error that names crypto pw, and nothing is thrown', () => {
    const host = hosts.find(({ name }) => name === 'vectors/cs-gq/a')!;
    withKeyFolder(host.source, (folder) => {
      const { problems, ...keys } = loadKeys(openKeyFolder(folder), {
        hostName: 'peer1',
        group: undefined,
        password: 'wrong',
        nowSeconds: NOW,
      });
      assert.is(keys.host, undefined);
      assert.is(keys.gqKey, undefined);
      const [first] = problems;
      assert.match(first!.file, /ntpkey_host_peer1$/);
      assert.is(first!.line, 4);
      assert.match(first!.message, /password does not open/);
      assert.match(first!.remedy, /crypto pw/);
      assert.not.match(JSON.stringify(problems), /wrong"/);
    });
  });

  function withVector(name: string, file: string) {
    const { source } = hosts.find((host) => host.name === name)!;
    return readArmour(readFileSync(`${source}/${file}`, 'latin1'));
  }
}

test.run();
