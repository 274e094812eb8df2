/** Where a field of a treefile stands, and its parts. */
export interface FieldPlaces {
  /** The field itself. */
  readonly field: string;
  /** Items of a list, in its order. */
  readonly items: readonly string[];
  /** Values of a map, by key. */
  readonly keys: Readonly<Record<string, string>>;
}

/** Places of a value and of its parts. @param keys Keys that lead to it. */
export function placesOf(
  value: unknown,
  keys: readonly string[],
  locate: (keys: readonly string[]) => string,
): FieldPlaces {
  const below = (key: string | number) => locate([...keys, `${key}`]);
  if (Array.isArray(value)) {
    return { field: locate(keys), items: value.map((_, at) => below(at)), keys: {} };
  }
  const names = typeof value === "object" && value !== null ? Object.keys(value) : [];
  const map = Object.fromEntries(names.map((name) => [name, below(name)]));
  return { field: locate(keys), items: [], keys: map };
}

/** Places of what two files say: as values are joined, so are their places. */
export function joinPlaces(before: FieldPlaces | undefined, over: FieldPlaces): FieldPlaces {
  if (!before) return over;
  return {
    field: over.field,
    items: [...before.items, ...over.items],
    keys: { ...before.keys, ...over.keys },
  };
}
