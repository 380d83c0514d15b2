/** Both real ntpqs against our mode 6, in a network namespace of its own, on the port they insist on. */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assert, has, test } from '../support/suite.js';

const here = dirname(fileURLToPath(import.meta.url));
const netns = `nm-control-${process.pid}`;

/** The folder below `root` that holds a file whose name begins so. */
function folderOf(root: string, name: string): string {
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true }))
    if (entry.name.startsWith(name)) return entry.parentPath;
  throw new Error(`${name} is not below ${root}`);
}

function programs(peers: string) {
  const ntp = join(peers, 'ntp');
  const ntpsec = join(peers, 'ntpsec');
  const libraries = ['lib', 'usr/lib'].flatMap((folder) =>
    existsSync(join(ntp, folder))
      ? readdirSync(join(ntp, folder)).map((arch) => join(ntp, folder, arch))
      : [],
  );
  return {
    ntp: { command: [join(ntp, 'usr/bin/ntpq')], env: { LD_LIBRARY_PATH: libraries.join(':') } },
    ntpsec: {
      command: ['/usr/bin/python3', join(ntpsec, 'usr/bin/ntpq')],
      env: {
        LD_LIBRARY_PATH: folderOf(join(ntpsec, 'usr/lib'), 'libntpc.so'),
        PYTHONPATH: join(ntpsec, 'usr/lib/python3/dist-packages'),
      },
    },
  };
}

if (has('mode 6 with both real ntpqs', 'root', 'peers')) {
  const { ntp, ntpsec } = programs(process.env['NOONMARK_TEST_PEERS'] ?? '');
  let server: ChildProcess | undefined;

  test.before(async () => {
    execFileSync('ip', ['netns', 'add', netns]);
    execFileSync('ip', ['netns', 'exec', netns, 'ip', 'link', 'set', 'lo', 'up']);
    const child = spawn(
      'ip',
      ['netns', 'exec', netns, process.execPath, join(here, 'serve-fixture.js'), '5000'],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    server = child;
    await new Promise<void>((resolve, reject) => {
      child.stdout.once('data', () => resolve());
      child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
    });
  });
  test.after(() => {
    server?.kill();
    execFileSync('ip', ['netns', 'delete', netns]);
  });

  const run = (program: typeof ntp, host: string, ...commands: string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      const args = ['netns', 'exec', netns, ...program.command, '-n'];
      for (const command of commands) args.push('-c', command);
      execFile(
        'ip',
        [...args, host],
        { env: { ...process.env, ...program.env }, maxBuffer: 1 << 24 },
        (error, stdout, stderr) => {
          if (error === null) resolve(`${stdout}\n${stderr}`);
          else reject(new Error(`${commands.join(', ')}: ${stderr || error.message}`));
        },
      );
    });

  /** What each command must show: to ntpq 4.2.8p15, to ntpsec's, or to both. */
  const SHOWN: readonly (readonly [string, readonly RegExp[], (readonly RegExp[])?, (readonly RegExp[])?])[] =
    [
      ['as', [/1 +1 +972a +yes +yes +none +pps\.peer +sys_peer +2/, /3 +3 +f114 +yes +yes +ok +falsetick/]],
      [
        'rv',
        [/sync_pps, 1 event, clock_sync/, /refid=GPS/, /frequency=-12\.345/, /tai=37/, /expire=202612280000/],
        [/offset=-0\.000042/],
        [/offset=-4\.2e-05/],
      ],
      // What Autokey adds, as its users know it.
      ['as', [/5 +5 +f4\w\w +yes +yes +ok +candidate/]],
      [
        'rv 0',
        [/host="peer2"/, /digest="md5",\s+signature="sha256WithRSAEncryption"/, /update=202611230400/],
        [
          /flags=0x29c0043/,
          /cert="peer1 peer1 0x5",\s+until=202711230500,\s+cert="peer2 peer2 0x0",\s+until=202711230500/,
        ],
        // It keeps the last of what stands several times.
        [/cert="peer2 peer2 0x0"/, /until=202711230500/],
      ],
      ['rv 0 host,flags', [/host="peer2"/]],
      [
        'rv 5',
        [/conf, auth\w*, auth, reach, sel_candidate/, /host="peer1"/, /ident="peer1"/],
        [/flags=0x29c7f43/, /keyid=0x309ca22a/],
      ],
      ['rv 0', [/stratum=1/, /reftime=eeae46cf\.00000000/]],
      ['rv 0 leap,tai', [/leap=0?0/, /tai=37/]],
      ['rv 1', [/conf, reach, sel_pps\.peer, 2 events, sys_peer/, /srcadr=127\.127\.20\.0/, /reach=377/]],
      ['rv 4', [/flash=1600 peer_stratum/, /srchost="pool\.ntp\.org"/]],
      [
        'pe',
        [
          /^o127\.127\.20\.0 +\.GPS\. +0 [lu] .* 377 /m,
          /^\+192\.0\.2\.1 +198\.51\.100\.7 +2 u /m,
          /^ pool\.ntp\.org +\.POOL\. +16 p /m,
        ],
        [/^xntp\.example\.org/m],
        [/^x2001:db8::5/m],
      ],
      ['apeers', [/^o127\.127\.20\.0 +\.GPS\. +1 +0 /m, /^\+192\.0\.2\.1 +\S+ +2 +2 u/m]],
      ['opeers', [/^\+192\.0\.2\.1 +192\.0\.2\.77 +2 u .*0\.987/m]],
      ['rl', [/stratum=1/, /peer=1/]],
      ['cv 1', [/device="\/dev\/serial0"/, /timecode="\$GPRMC,050000/, /gps_satellites=9/]],
      [
        'sysstats',
        [/packets received: +1001/, /processed for time: +1010/],
        [/uptime: +3725/],
        [/uptime: +01:02:05/],
      ],
      ['monstats', [/maximum addresses: +16384/, /kilobytes: +313/]],
      ['iostats', [/packets sent: +1011/, /dropped packets: +1013/]],
      ['authinfo', [/stored keys: +11/, /decryptions: +2020/]],
      ['kerninfo', [/pll frequency: +-12\.345/, /kernel status: +nano/, /frequency tolerance: +500/]],
      ['sysinfo', [/system peer: +127\.127\.20\.0:123/, /system peer mode: +client/, /reference ID: +GPS/]],
      [
        'mrulist',
        [/ 10\.0\.0\.2\b/, / 2001:db8::1$/m],
        [/Retrieved 5000 unique MRU entries/],
        [/Collected 5000 slots/],
      ],
      ['mrulist mincount=97', [/ 97 /], [/Retrieved 51 unique/], [/Collected 51 slots/]],
      ['rv 0 nonsense', [], [/variable unknown to the server/], [/UNKNOWNVAR/]],
      ['rv 77', [], [/77 unknown to server/], [/Unknown associd/]],
    ];

  for (const [command, both, classic = [], newer = []] of SHOWN) {
    test(`ntpq 4.2.8p15 understands our answer to ${command}`, async () => {
      const text = await run(ntp, '127.0.0.1', command);
      for (const shown of [...both, ...classic]) assert.match(text, shown);
    });
    test(`ntpsec’s ntpq understands our answer to ${command}`, async () => {
      const text = await run(ntpsec, '::1', command);
      for (const shown of [...both, ...newer]) assert.match(text, shown);
      assert.not.match(text, /Unknown variable/);
    });
  }

  test('ntpq with the right key reads what is authenticated, with a wrong one nothing, and writes never', async () => {
    const auth = ['keyid 42', 'keytype MD5', 'passwd noonmark-test', 'authenticate yes'];
    assert.match(await run(ntp, '127.0.0.1', ...auth, 'rv 0 offset'), /offset=-0\.000042/);
    assert.match(await run(ntp, '127.0.0.1', ...auth, ':config server 192.0.2.9'), /disallowed request/);
    const wrong = ['keyid 42', 'keytype MD5', 'passwd guessed', 'authenticate yes', 'rv 0 offset'];
    assert.match(await run(ntp, '127.0.0.1', ...wrong), /disallowed request/);
  });
}

test.run();
