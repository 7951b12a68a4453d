/**
 * I3, conservation: for each sink, at all times,
 *
 *     read = filtered + settled (delivered + stored + discarded) + unmatched + in flight
 *
 * - read: `logs_read_total`, every record that a monitor handed on. It is counted in the same turn of the
 *   event loop in which `logs_in_flight` of each lane grows (or the record is filtered or passed over).
 * - filtered: `logs_filtered_total`, what a pipeline stage dropped after it was counted as read. What a
 *   monitor gives up before it hands it on (`logs_lost_total`) is in neither side.
 * - unmatched: `logs_unmatched_total`, what a sink's `match` does not want.
 * - in flight: `logs_in_flight`, published and not yet settled in that lane: queued, batched, sent or parked.
 *
 * Dead letters that are replayed have been settled once, as stored: they count in `dlq_replayed_total` alone.
 */
import type { ScrapedSample } from './exposition.ts';
import { exportedName } from './table.ts';

/** The alert: a line for each agent and sink whose books do not balance; nothing while all do. */
export const CONSERVATION_PROMQL =
  'sum by (job, instance, sink) ({__name__=~"log_capturer_logs_(settled_total|unmatched_total|in_flight)"})' +
  ' != on (job, instance) group_left ' +
  'sum by (job, instance) (log_capturer_logs_read_total or -log_capturer_logs_filtered_total)';

const READ = exportedName('logs_read_total');
const FILTERED = exportedName('logs_filtered_total');
const PER_SINK = new Set(['logs_settled_total', 'logs_unmatched_total', 'logs_in_flight'].map(exportedName));

/**
 * How many records are missing from the books of each sink, from the samples of one scrape
 * (`parseExposition`): 0 when they balance, positive when records vanished, negative when some were
 * counted twice.
 */
export function imbalances(samples: Iterable<ScrapedSample>): Map<string, number> {
  let published = 0;
  const accounted = new Map<string, number>();
  for (const { name, labels, value } of samples) {
    const { sink } = labels;
    if (name === READ) published += value;
    if (name === FILTERED) published -= value;
    if (PER_SINK.has(name) && sink !== undefined) accounted.set(sink, (accounted.get(sink) ?? 0) + value);
  }
  return new Map([...accounted].map(([sink, records]) => [sink, published - records]));
}
