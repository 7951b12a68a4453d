/** So often at most. */
const MAX_SEARCHES = 100;

/**
 * Has `search` done again while files are renamed under it, which it says by calling `moved`: what it leaves out now
 * would come late, or not at all. The last result counts.
 */
export async function searchUntilStill<T>(search: (moved: () => void) => Promise<T>): Promise<T> {
  for (let searches = 1; ; searches++) {
    let hasMoved = false;
    const found = await search(() => {
      hasMoved = true;
    });
    if (!hasMoved || searches === MAX_SEARCHES) return found;
  }
}
