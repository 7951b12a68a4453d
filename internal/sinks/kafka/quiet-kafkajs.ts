import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';

let isQuiet = false;

/**
 * Keeps kafkajs from arming a timer with a negative delay after each answer, of which Node.js warns
 * (TimeoutNegativeWarning): it looks for pending requests only while there are some. For all of the process.
 */
export function quietKafkajs(): void {
  if (isQuiet) return;
  isQuiet = true;
  const queue = RequestQueue.prototype;
  const schedule = queue.scheduleCheckPendingRequests;
  queue.scheduleCheckPendingRequests = function scheduleIfPending(this: RequestQueue): void {
    if (this.pending.length > 0) schedule.call(this);
  };
}
