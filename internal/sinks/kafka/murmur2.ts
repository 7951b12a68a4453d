const SEED = 0x9747b28c;
const MIX = 0x5bd1e995;

/**
 * The hash by which Kafka's Java client finds the partition of a key (`Utils.murmur2`), without its sign: the same key
 * lies in the same partition whoever produced it. The partition is the rest of the division by their number.
 */
export function keyHash(key: Uint8Array): number {
  const whole = key.length & ~3;
  let hash = SEED ^ key.length;
  for (let i = 0; i < whole; i += 4) {
    let word = key[i]! | (key[i + 1]! << 8) | (key[i + 2]! << 16) | (key[i + 3]! << 24);
    word = Math.imul(word, MIX);
    word = Math.imul(word ^ (word >>> 24), MIX);
    hash = Math.imul(hash, MIX) ^ word;
  }
  if (whole < key.length) {
    for (let i = key.length - 1; i >= whole; i--) hash ^= key[i]! << (8 * (i - whole));
    hash = Math.imul(hash, MIX);
  }
  hash = Math.imul(hash ^ (hash >>> 13), MIX);
  return (hash ^ (hash >>> 15)) & 0x7fff_ffff;
}
