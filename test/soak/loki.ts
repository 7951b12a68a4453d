import { startReceiver } from '../helpers/receiver.ts';
import type { Scope } from '../helpers/scope.ts';
import { type SoakSink, verdictOf } from './sink.ts';

/** In turn; each lasts until it is cleared. The last stores what comes and does not say so: it has to come again. */
const OUTAGES = [
  { what: 'answers 503', fault: { action: 'answer', status: 503 } },
  { what: 'never answers', fault: { action: 'hang' } },
  { what: 'cuts every connection', fault: { action: 'cut' } },
  { what: 'stores and cuts', fault: { action: 'store_then_cut' } },
] as const;

/** The embedded receiver, which notes each line by its number and keeps none: four bytes a line. */
export async function lokiSoakSink(scope: Scope, name: string): Promise<SoakSink> {
  const receiver = await startReceiver(scope, { discard: 'decode', verifySequence: true, faults: true });
  return {
    name,
    config: { type: 'loki', url: receiver.url },
    async fail(n) {
      const { what, fault } = OUTAGES[n % OUTAGES.length]!;
      await receiver.faults({ faults: [{ ...fault }] });
      return what;
    },
    recover: () => receiver.clearFaults(),
    lines: async () => (await receiver.sequence()).sources.reduce((sum, { distinct }) => sum + distinct, 0),
    check: async logs => verdictOf(await receiver.sequence(), logs),
  };
}
