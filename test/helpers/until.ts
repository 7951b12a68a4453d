const POLL_MS = 20;

/** Asks again and again until the answer is as wanted, and returns it: for what a process tells only when asked. */
export async function until<T>(ask: () => Promise<T>, isWanted: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (isWanted(answer)) return answer;
    await new Promise(resolve => setTimeout(resolve, POLL_MS));
  }
}
