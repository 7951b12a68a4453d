// Loaded into an agent under test (NODE_OPTIONS=--import): at each SIGUSR2 its wall clock is set back by an hour.
const HOUR_MS = 3_600_000;
const now = Date.now;
let backMs = 0;
Date.now = () => now() - backMs;
process.on('SIGUSR2', () => {
  backMs += HOUR_MS;
});
