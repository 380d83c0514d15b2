import { StyleWatch } from '../../../src/autokey/dance/style-watch.js';
import { assert, test } from '../../support/suite.js';

/** Packets of ours between two of the peer's, of which it takes some; its next bears the time of the last it took. */
class Talk {
  readonly watch = new StyleWatch();
  #now = 0;
  #time = 0n;
  #peerKeyId = 1000;
  #origin = 0n;
  /** Those that the peer takes are told by `takes`, by choice. Answers how often ours were sent. */
  turn(packets: number, takes: (choice: 'own' | 'mirrored') => boolean, isIdle = true): number {
    let own = 0;
    for (let i = 0; i < packets; i += 1) {
      this.#now += 4;
      this.#time += 1n;
      const choice = this.watch.choose(isIdle);
      if (choice === 'own') own += 1;
      const keyId = choice === 'own' ? Number(this.#time) : (this.watch.peerKeyId ?? 0);
      this.watch.sent(this.#time, choice, keyId, this.#now);
      if (takes(choice)) this.#origin = this.#time;
    }
    this.#now += 4;
    this.#peerKeyId += 1;
    this.watch.heard(this.#peerKeyId, this.#origin, false, this.#now);
    return own;
  }
  /** The peer's own packets have been seen, and ours seemed to be refused. */
  misjudge(): void {
    this.turn(1, () => true);
    this.turn(2, (choice) => choice === 'mirrored');
    this.turn(2, (choice) => choice === 'mirrored');
    assert.is(this.watch.style, 'mirror');
  }
}

for (const isIdle of [true, false])
  for (const packets of [1, 2, 3])
    test(`a peer taken for one that wants its IDs back is found out, ${packets} packets to one of its, ${isIdle ? 'idle' : 'dancing'}`, () => {
      const talk = new Talk();
      talk.misjudge();
      for (let turns = 0; talk.watch.style === 'mirror'; turns += 1) {
        assert.ok(turns < 12, `still ${talk.watch.style} after ${turns} turns`);
        talk.turn(packets, () => true, isIdle);
      }
      assert.is(talk.watch.style, 'textbook');
    });

test('a peer whose packets are not authentic any more is not tried with ours for ever', () => {
  const talk = new Talk();
  talk.misjudge();
  let turns = 0;
  while (talk.watch.choose(true) !== 'own') {
    assert.ok(turns < 8);
    turns += 1;
  }
  talk.watch.saw(9);
  assert.is(talk.watch.choose(true), 'mirrored');
});

test('one that wants its IDs back stays that, and is tried ever more rarely', () => {
  const talk = new Talk();
  talk.misjudge();
  let own = 0;
  for (let turns = 0; turns < 400; turns += 1) {
    own += talk.turn(2, (choice) => choice === 'mirrored');
    assert.is(talk.watch.style, 'mirror');
  }
  assert.ok(own >= 2 && own <= 16, `${own} of 800 packets with our IDs`);
});

test.run();
