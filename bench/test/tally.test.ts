import { describe, expect, test } from 'bun:test';
import { phaseFaults } from '../clients/phase-faults.ts';
import { Tally } from '../clients/tally.ts';
import { conversationKey } from '../clients/wire.ts';

const conversations = [{ id: crypto.randomUUID(), members: [0, 1], headSeq: 1 }];
const key = conversationKey(conversations[0]?.id ?? '');

/** Person 0 sends two messages; both people receive their entries, unless `receive` does something else. */
function faultsOf(receive: (tally: Tally) => void): string[] {
  const tally = new Tally(conversations, () => true);
  tally.begin(1, 2);
  tally.send(0);
  tally.send(1);
  receive(tally);
  return phaseFaults(conversations, [tally.report()], 2).faults;
}

function receiveAll(tally: Tally): void {
  for (const number of [0, 1]) {
    tally.ack(1, number, number + 2, 0);
    for (const person of [0, 1]) tally.entry(person, key, number + 2, number);
  }
}

describe('a phase', () => {
  test('has no fault if every connection received each acknowledged message once and in order', () => {
    expect(faultsOf(receiveAll)).toEqual([]);
  });

  test.each([
    [
      'loses an entry at the end',
      'a connection received those up to 2',
      (tally: Tally) => {
        tally.ack(1, 0, 2, 0);
        tally.ack(1, 1, 3, 0);
        for (const [person, seq] of [
          [0, 2],
          [1, 2],
          [0, 3],
        ] as const)
          tally.entry(person, key, seq, seq - 2);
      },
    ],
    [
      'loses an entry in the middle',
      'received entry 3 of conversation 0 after 1',
      (tally: Tally) => {
        tally.entry(1, key, 3, 1);
      },
    ],
    [
      'repeats an entry',
      'received entry 2 of conversation 0 after 2',
      (tally: Tally) => {
        tally.entry(1, key, 2, 0);
        tally.entry(1, key, 2, 0);
      },
    ],
    [
      'reorders entries',
      'received entry 3 of conversation 0 after 1',
      (tally: Tally) => {
        tally.entry(1, key, 3, 1);
        tally.entry(1, key, 2, 0);
      },
    ],
    [
      'gives a message two numbers',
      'message 0 has the numbers 2 and 3',
      (tally: Tally) => {
        tally.ack(1, 0, 2, 0);
        tally.entry(0, key, 2, 1);
        tally.entry(0, key, 3, 0);
      },
    ],
    [
      'stores a message that was not acknowledged',
      'a connection received those up to 4',
      (tally: Tally) => {
        receiveAll(tally);
        for (const person of [0, 1]) tally.entry(person, key, 4, null);
      },
    ],
    [
      'answers twice',
      'message 0 was acknowledged twice',
      (tally: Tally) => {
        receiveAll(tally);
        tally.ack(1, 0, 2, 0);
      },
    ],
    [
      'does not answer',
      '1 of 2 messages were neither acknowledged nor refused',
      (tally: Tally) => {
        tally.ack(1, 0, 2, 0);
        for (const person of [0, 1]) tally.entry(person, key, 2, 0);
      },
    ],
    [
      'delivers to others',
      'person 7 received entry 2 of a conversation of others',
      (tally: Tally) => {
        tally.entry(7, key, 2, 0);
      },
    ],
  ])('has a fault if the server %s', (_, fault, receive) => {
    expect(faultsOf(receive).join('\n')).toContain(fault);
  });

  test('has a fault if fewer messages were sent than planned', () => {
    const tally = new Tally(conversations, () => true);
    tally.begin(1, 2);
    expect(phaseFaults(conversations, [tally.report()], 2)).toEqual({
      faults: ['0 of 2 messages were sent'],
      isFinal: true,
    });
  });
});
