import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Ledger, type LedgerReceipt } from './ledger.ts';

interface Entry {
  readonly end: number;
  /** `undefined` until it is known. */
  lanesLeft: number | undefined;
  readonly receipt: LedgerReceipt<number> | undefined;
}

/** A ledger, and what it must be: a list that is looked through from the front each time. */
class Model {
  readonly #entries: Entry[] = [];
  #end = 0;
  #seen = { position: 0, settled: 0 };
  readonly #ledger = new Ledger<number>((position, settled) => {
    this.#seen = { position, settled };
  });

  enter(): void {
    const end = ++this.#end;
    this.#entries.push({ end, lanesLeft: undefined, receipt: this.#ledger.enter(end) });
  }

  skip(): void {
    const end = ++this.#end;
    this.#entries.push({ end, lanesLeft: 0, receipt: undefined });
    this.#ledger.skip(end);
  }

  expect(which: number): void {
    const entry = this.#pick(which, lanesLeft => lanesLeft === undefined);
    if (entry === undefined) return;
    entry.lanesLeft = which % 4;
    entry.receipt?.expect(entry.lanesLeft);
  }

  settle(which: number): void {
    const entry = this.#pick(which, lanesLeft => lanesLeft !== undefined && lanesLeft > 0);
    if (entry?.lanesLeft === undefined) return;
    entry.lanesLeft--;
    entry.receipt?.settle();
  }

  withdraw(which: number): void {
    const receipt = this.#pick(which, lanesLeft => lanesLeft === undefined)?.receipt;
    if (receipt === undefined) return;
    assert.equal(this.#ledger.withdraw(receipt), true);
    assert.equal(this.#ledger.withdraw(receipt), false);
    this.#entries.length = this.#entries.findIndex(entry => entry.receipt === receipt);
  }

  check(): void {
    const open = this.#entries.findIndex(entry => entry.lanesLeft !== 0);
    const done = open < 0 ? this.#entries : this.#entries.slice(0, open);
    const settled = done.filter(entry => entry.receipt !== undefined).length;
    assert.deepEqual(this.#seen, { position: done.at(-1)?.end ?? 0, settled });
  }

  #pick(which: number, isWanted: (lanesLeft: number | undefined) => boolean): Entry | undefined {
    const wanted = this.#entries.filter(entry => isWanted(entry.lanesLeft));
    return wanted[which % wanted.length];
  }
}

const step = fc.tuple(
  fc.constantFrom('enter', 'enter', 'expect', 'expect', 'settle', 'settle', 'settle', 'skip', 'withdraw'),
  fc.nat(1000),
);

describe('Ledger', () => {
  it('example: holds the position until the first of two passages is settled by both lanes', () => {
    const moves: string[] = [];
    const ledger = new Ledger<number>((position, settled) => moves.push(`${position} after ${settled}`));
    const [first, second] = [ledger.enter(10), ledger.enter(20)];
    first.expect(2);
    second.expect(1);
    second.settle();
    first.settle();
    assert.deepEqual(moves, []);
    first.settle();
    assert.deepEqual(moves, ['20 after 2']);
    assert.equal(ledger.open, 0);
  });

  it('is always at the end of the longest prefix that all lanes settled, in whatever order', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600, size: 'max' }), steps => {
        const model = new Model();
        for (const [kind, which] of steps) {
          model[kind](which);
          model.check();
        }
      }),
      { numRuns: 200 },
    );
  });

  it('refuses a receipt that is settled or told out of turn', () => {
    const ledger = new Ledger<number>(() => undefined);
    const fails = (act: () => void): void => assert.throws(act, { code: 'LC_INVARIANT' });
    const receipt = ledger.enter(1);
    fails(() => receipt.settle());
    fails(() => receipt.expect(-1));
    fails(() => receipt.expect(0.5));
    receipt.expect(1);
    fails(() => receipt.expect(1));
    receipt.settle();
    fails(() => receipt.settle());
    const unsent = ledger.enter(2);
    unsent.expect(0);
    fails(() => unsent.settle());
  });

  it('keeps no more than what is open, however many passages and skips go by', () => {
    const ledger = new Ledger<number>(() => undefined);
    const slow = ledger.enter(0);
    slow.expect(1);
    for (let i = 1; i <= 100_000; i++) ledger.skip(i);
    assert.equal(ledger.open, 2);
    slow.settle();
    for (let i = 0; i < 100_000; i++) {
      const receipt = ledger.enter(i);
      receipt.expect(1);
      receipt.settle();
    }
    assert.equal(ledger.open, 0);
  });

  it('settles a million passages backwards in linear time', () => {
    let position = -1;
    const ledger = new Ledger<number>(end => {
      position = end;
    });
    const receipts = Array.from({ length: 1_000_000 }, (_, i) => ledger.enter(i));
    for (const receipt of receipts) receipt.expect(1);
    for (const receipt of receipts.reverse()) receipt.settle();
    assert.equal(position, 999_999);
  });
});
