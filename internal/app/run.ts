import { flushCompileCache } from 'node:module';
import { systemClock } from '../../pkg/clock/clock.ts';
import { GarbageCollector } from '../../pkg/garbage/garbage-collector.ts';
import { SdNotify } from '../../pkg/sd-notify/sd-notify.ts';
import type { Config } from '../config/config.ts';
import type { LoadResult } from '../config/load.ts';
import type { Leftover } from '../dispatcher/dispatcher.ts';
import type { Logger } from '../selflog/logger.ts';
import { SelfLog } from '../selflog/self-log.ts';
import { Agent } from './agent.ts';

/** How long the way out waits for somebody to read the last log lines. */
const LOG_FLUSH_MS = 1000;

/** What the process of `run` should end with; see the contract's exit codes. */
export type RunExit = 'ok' | 'failure' | 'drain_deadline';

/**
 * Runs the agent until SIGTERM or SIGINT, then drains it; a second signal ends it at once. SIGHUP has the config read
 * again by `load`. Resolves with how it ended; rejects when it could not start. The caller exits the process.
 */
export async function runAgent(config: Config, load: () => LoadResult): Promise<RunExit> {
  const selfLog = new SelfLog(config.log, { clock: systemClock, output: process.stderr });
  const logger = selfLog.root;
  const ended = Promise.withResolvers<RunExit>();
  const manager = new SdNotify({
    ...{ env: process.env, clock: systemClock, pid: process.pid },
    onFailure: error => logger.error('systemd.notify', 'systemd cannot be told how it goes', { error }),
  });
  let isStopping = false;
  const drain = (end: (leftover: Leftover) => RunExit): void => {
    isStopping = true;
    void manager.stopping('stopping: what was read is still sent');
    agent.drain().then(leftover => ended.resolve(end(leftover)), ended.reject);
  };
  const agent = new Agent({
    ...{ config, selfLog, load },
    checkLending: process.env.LOG_CAPTURER_CHECK_LENDING === '1',
    onReload: isUnderWay => {
      if (!isStopping) void (isUnderWay ? manager.reloading() : manager.ready(agent.report.summary()));
    },
    onFailFast: (sink, failure) => {
      const fields = { sink, ...failure };
      logger.error('agent.failed', 'a sink failed and its strategy is fail_fast: the agent stops', fields);
      drain(() => 'failure');
    },
    onFatal: error => {
      logger.error('agent.broken', 'a promise of the design was broken: the agent ends', { error });
      ended.resolve('failure');
    },
  });
  const ignoreSignals = heedSignals(logger, {
    stop: () => drain(leftover => report(leftover, logger)),
    kill: () => ended.resolve('drain_deadline'),
    reload: () => void agent.reload(),
    left: () => agent.unsettled(),
  });
  try {
    await agent.start();
    await manager.ready(agent.report.summary());
    manager.watch(
      () => isAlive(agent, logger),
      () => agent.report.summary(),
    );
    // For the next start, however this one ends.
    flushCompileCache();
    // The start leaves garbage (schemas, syntax trees) that no later collection would look for: 104 → 99 MB RSS.
    new GarbageCollector(systemClock).collect();
    return await ended.promise;
  } finally {
    ignoreSignals();
    await manager.close();
    await selfLog.flush(LOG_FLUSH_MS);
    selfLog.close();
  }
}

/** Whether a watchdog should be told that all is well; the log says why not, for after the restart. */
function isAlive({ report }: Agent, logger: Logger): boolean {
  const stages = report.stuck();
  if (stages.length === 0) return true;
  const health = report.health();
  const reasons = stages.map(stage => health[stage]?.reason);
  const message = 'a stage is stuck: the watchdog is told nothing, so that it restarts the agent';
  logger.error('agent.stuck', message, { stages, reasons });
  return false;
}

/** What signals ask for. */
interface Orders {
  stop(): void;
  kill(): void;
  reload(): void;
  /** What is not delivered yet, for the log. */
  left(): Leftover;
}

/** SIGTERM and SIGINT stop, and kill when they come again; SIGHUP reloads. Returns what ends that. */
function heedSignals(logger: Logger, { stop, kill, reload, left }: Orders): () => void {
  let signals = 0;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (signals++ > 0) {
      const message = 'second signal: ending at once; what was not delivered is read again';
      logger.warn('agent.killed', message, { signal, left: left() });
      kill();
      return;
    }
    logger.info('agent.draining', 'stopping: what was read is still sent', { signal });
    stop();
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal).on('SIGHUP', reload);
  return () => void process.off('SIGTERM', onSignal).off('SIGINT', onSignal).off('SIGHUP', reload);
}

/** The last line: whether anything was left. */
function report(leftover: Leftover, logger: Logger): RunExit {
  const isClean = Object.values(leftover).every(records => records === 0);
  if (isClean)
    logger.info('agent.stopped', 'stopped: everything that was read is delivered', { left: leftover });
  else
    logger.error('agent.deadline', 'the shutdown deadline passed; what is left is sent at the next start', {
      left: leftover,
    });
  return isClean ? 'ok' : 'drain_deadline';
}
