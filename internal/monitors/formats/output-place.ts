/** Where one output of a container goes on in a log. */
export type OutputPlace = {
  /** Of the entry, in the file. */
  readonly offset: number;
  /** Bytes of the entry's text that are done with. */
  readonly skip: number;
  /** Inside a line whose rest is to be dropped. */
  readonly isCut: boolean;
};

/** Of stdout and stderr: a line of the one may be open while the other is further. */
export type OutputPlaces = readonly [OutputPlace, OutputPlace];

/** Both outputs go on at `offset`. */
export function bothAt(offset: number): OutputPlaces {
  const place = { offset, skip: 0, isCut: false };
  return [place, place];
}

/** `undefined` where both go on at the beginning of one entry: the position says it all. */
export function unlessBothAt(offset: number, places: OutputPlaces): OutputPlaces | undefined {
  return places.every(place => place.offset === offset && place.skip === 0 && !place.isCut)
    ? undefined
    : places;
}
