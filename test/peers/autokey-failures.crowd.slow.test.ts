/**
 * Failures of Autokey between real daemons (autokey-reference.md section 7): what noonmark does, how long until time flows
 * again, and that nothing unauthenticated was used meanwhile. Some scenes run at the same time.
 */
import { readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Files, stopAll } from '../support/peers.js';
import { KeySet } from '../support/peers-autokey-keys.js';
import { isComplete, isFollowed, writeTable } from '../support/peers-autokey-matrix.js';
import { Stage, type Told } from '../support/peers-autokey-stage.js';
import { Places } from '../support/places.js';
import { assert, has, record, test } from '../support/suite.js';

const DANCE_SECONDS = 120;
/** a failure is watched for so long */
const LASTS_SECONDS = 30;
const SCENES_AT_A_TIME = 5;
const COMPLETE_BUT_SIGNED = 0x5f00;

interface Outcome extends Told {
  /** from which moment on the way was free again, s since 1970; undefined: it is not, while the failure lasts */
  readonly mendedAt?: number;
  /** samples must have been used at all */
  readonly flows: boolean;
}

interface Scene {
  readonly title: string;
  readonly weDo: string;
  readonly act: (stage: Stage, files: Files) => Promise<Outcome>;
}

const hex = (stage: Stage): string => `0x${(stage.view?.flags ?? 0).toString(16)}`;
const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, 1000 * seconds));

/** Waits, and sees that nothing flows. */
async function lasts(stage: Stage): Promise<string> {
  await pause(LASTS_SECONDS);
  assert.not.ok(isFollowed(stage.view), `nothing may flow: ${JSON.stringify(stage.view)}`);
  return hex(stage);
}

async function mended(stage: Stage): Promise<number> {
  const at = stage.now();
  await stage.flowing(DANCE_SECONDS);
  return at;
}

const SCENES: readonly Scene[] = [
  {
    title: "the client has another group's parameters",
    weDo: 'refuses the identity, asks again; the right file and a reload mend it',
    async act(stage, files) {
      const other = new KeySet({ root: files.folder, scheme: 'GQ', founder: 'noonmark', forP15: false });
      const right = readlinkSync(join(stage.folders.client, 'ntpkey_gqpar_lan'));
      const wrong = files.path(`wrong-${right}`);
      const founder = await other.founder();
      const { noonmarkKeygen } = await import('../support/keygen.js');
      writeFileSync(
        wrong,
        await noonmarkKeygen(founder, 'group', 'export', 'lan', '-s', 'alpha', '-p', 'common'),
      );
      await stage.keygen('client', 'group', 'join', wrong);
      await stage.startServer();
      await stage.startClient();
      const flags = await lasts(stage);
      const said = stage.said('client');
      const par = files.path(`right-${right}`);
      writeFileSync(par, await stage.keygen('server', 'group', 'export', 'lan'));
      await stage.keygen('client', 'group', 'join', par);
      stage.reload('client');
      return { flags, said, mendedAt: await mended(stage), flows: true };
    },
  },
  {
    title: 'the client lacks the parameters of the group it asks for',
    weDo: 'never falls back to a dance without identity; the file and a reload mend it',
    async act(stage, files) {
      rmSync(join(stage.folders.client, 'ntpkey_gqpar_lan'));
      await stage.startServer();
      await stage.startClient();
      const flags = await lasts(stage);
      const said = stage.said('client');
      const par = files.path(`lan-${stage.serverHost.namespace}`);
      writeFileSync(par, await stage.keygen('server', 'group', 'export', 'lan'));
      await stage.keygen('client', 'group', 'join', par);
      stage.reload('client');
      return { flags, said, mendedAt: await mended(stage), flows: true };
    },
  },
  {
    title: 'the password of the key files is wrong',
    weDo: 'goes on without Autokey, names file and remedy; a reload with the right keys mends it',
    async act(stage) {
      const folder = stage.folders.client;
      for (const name of readdirSync(folder)) if (/RSAhost/.test(name)) rmSync(join(folder, name));
      await stage.startServer();
      await stage.startClient();
      const flags = await lasts(stage);
      const said = stage.said('client');
      await stage.keygen('client', '-H', '-i', 'lan');
      stage.reload('client');
      return { flags, said, mendedAt: await mended(stage), flows: true };
    },
  },
  {
    title: 'the server has no time yet',
    weDo: 'asks again at each poll; time flows when the server has it',
    async act(stage) {
      await stage.startServer({ ownClock: false });
      await stage.startClient();
      const flags = await lasts(stage);
      const said = stage.said('client');
      await stage.restart('server');
      return { flags, said, mendedAt: await mended(stage), flows: true };
    },
  },
  {
    title: "the server's certificate has expired",
    weDo: 'refuses it once the client knows the time, and drops a server it had believed before',
    async act(stage) {
      await stage.keygen('server', 'renew', '-l', '0');
      await pause(2);
      await stage.startServer();
      await stage.startClient();
      await pause(LASTS_SECONDS);
      const flags = hex(stage);
      const said = stage.said('client');
      await stage.keygen('server', 'renew', '-l', '365');
      stage.reload('server');
      return { flags, said, mendedAt: await mended(stage), flows: true };
    },
  },
  {
    title: "the client's certificate has expired",
    weDo: 'it is not sent to be signed; time flows',
    async act(stage) {
      await stage.keygen('client', 'renew', '-l', '0');
      await pause(2);
      await stage.startServer();
      const mendedAt = stage.now();
      await stage.startClient();
      await stage.until(
        'time flows without SIGN',
        DANCE_SECONDS,
        (view) => isFollowed(view) && ((view?.flags ?? 0) & COMPLETE_BUT_SIGNED) === COMPLETE_BUT_SIGNED,
      );
      await pause(LASTS_SECONDS);
      assert.not.ok(isComplete(stage.view?.flags), hex(stage));
      return { flags: hex(stage), said: stage.said('client'), mendedAt, flows: true };
    },
  },
  {
    title: 'the server restarts',
    weDo: 'nothing: the cookie is the same',
    async act(stage) {
      await stage.startServer();
      await stage.startClient();
      await stage.flowing(DANCE_SECONDS);
      const mendedAt = stage.now();
      await stage.restart('server');
      await stage.flowing(DANCE_SECONDS);
      await pause(LASTS_SECONDS);
      assert.ok(isComplete(stage.view?.flags), hex(stage));
      return { flags: hex(stage), said: stage.said('client'), mendedAt, flows: true };
    },
  },
  {
    title: 'the server restarts and has lost its cookie secret',
    weDo: 'takes the NAK to its own last packet, and dances anew',
    async act(stage) {
      await stage.startServer();
      await stage.startClient();
      await stage.flowing(DANCE_SECONDS);
      await stage.server?.program.stop();
      stage.loseServerState();
      const mendedAt = stage.now();
      await stage.startServer();
      await pause(LASTS_SECONDS);
      await stage.flowing(DANCE_SECONDS);
      return { flags: hex(stage), said: stage.said('client'), mendedAt, flows: true };
    },
  },
  {
    title: 'the server is keyed anew and restarts',
    weDo: 'goes on with the cookie it has; the next refresh finds the new keys',
    async act(stage) {
      await stage.startServer();
      await stage.startClient();
      await stage.flowing(DANCE_SECONDS);
      await stage.keygen('server', 'host', '--new', '-T', '-i', 'lan');
      const mendedAt = stage.now();
      await stage.restart('server');
      await stage.flowing(DANCE_SECONDS);
      await pause(LASTS_SECONDS);
      assert.ok(isFollowed(stage.view), hex(stage));
      return { flags: hex(stage), said: stage.said('client'), mendedAt, flows: true };
    },
  },
  {
    title: 'the client restarts',
    weDo: 'the dance from its beginning',
    async act(stage) {
      await stage.startServer();
      await stage.startClient();
      await stage.flowing(DANCE_SECONDS);
      const mendedAt = stage.now();
      await stage.restart('client');
      await pause(2);
      await stage.flowing(DANCE_SECONDS);
      return { flags: hex(stage), said: stage.said('client'), mendedAt, flows: true };
    },
  },
  {
    title: 'client and server are in different groups',
    weDo: 'they refuse each other',
    async act(stage) {
      await stage.keygen('client', '-H', '-i', 'other');
      await stage.startServer();
      await stage.startClient({ own: 'other', ident: 'other' });
      return { flags: await lasts(stage), said: stage.said('client'), flows: false };
    },
  },
  {
    title: "client and server have different 'crypto digest's",
    weDo: 'NAKs at each poll; nothing else',
    async act(stage) {
      await stage.startServer({ words: 'digest SHA256' });
      await stage.startClient();
      return { flags: await lasts(stage), said: stage.said('client'), flows: false };
    },
  },
  {
    title: 'client and server have the same name',
    weDo: 'says so; never gets beyond ASSOC',
    async act(stage) {
      await stage.startServer();
      const { noonmarkKeygen } = await import('../support/keygen.js');
      await noonmarkKeygen(stage.folders.client, '-H', '-i', 'lan', '-s', 'alpha', '-p', 'common');
      await stage.startClient({ name: 'alpha' });
      return { flags: await lasts(stage), said: stage.said('client'), flows: false };
    },
  },
];

if (has('failures of Autokey between real daemons', 'root', 'peers')) {
  const files = new Files();
  const rows: string[] = [];
  const stages = new Map<number, Stage>();
  let results: readonly Promise<Outcome>[] = [];
  test.before(() => {
    process.setMaxListeners(0);
    const set = new KeySet({ root: files.folder, scheme: 'GQ', founder: 'noonmark', forP15: false });
    const places = new Places(SCENES_AT_A_TIME);
    results = SCENES.map(async ({ act }, serial) => {
      await places.take(1);
      const stage = new Stage(serial, files);
      stages.set(serial, stage);
      try {
        await stage.take(set);
        return await act(stage, files);
      } finally {
        await stage.finish();
        places.give(1);
      }
    });
    for (const result of results) result.catch(() => undefined);
  });
  test.after(async () => {
    writeTable('failures', rows);
    await stopAll();
    for (const { lab } of stages.values()) lab.close();
    files.close();
  });

  for (const [at, { title, weDo }] of SCENES.entries())
    test(`${title}: ${weDo}; nothing unauthenticated is used`, async () => {
      const outcome = await results[at]!;
      const stage = stages.get(at)!;
      const { flags, said, mendedAt, flows } = outcome;
      const seconds = mendedAt === undefined ? undefined : stage.flowedAfter(mendedAt);
      const again = seconds === undefined ? 'never' : `${seconds.toFixed(0)} s`;
      rows.push(`${title.padEnd(58)} ${flags.padEnd(10)} ${again.padEnd(6)} ${weDo} | ${said}`);
      assert.equal(stage.unbelieved(), []);
      assert.is(stage.samples > 0, flows, 'samples used');
      assert.is(seconds !== undefined, flows);
      if (seconds !== undefined) record(`autokey/failure: ${title}`, { again_after_s: seconds });
    });
  test.run();
}
