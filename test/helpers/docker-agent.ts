import { pathsToLoki } from './agent.ts';

/** One engine whose containers are read, one sink at `url`, and no patience: see `pathsToLoki`. */
export function containersToLoki(
  socket: string,
  url: string,
  engine: object = {},
  dispatcher: object = {},
): object {
  return {
    ...pathsToLoki([], url, dispatcher),
    file_monitor: {},
    docker_monitor: {
      engines: [{ name: 'test', host: `unix://${socket}`, labels: { job: 'e2e' }, ...engine }],
    },
  };
}
