/** Some properties of an object, those that are `undefined` left out. */
export function pickDefined<T extends object, K extends keyof T>(
  from: T,
  ...keys: K[]
): { [P in K]?: Exclude<T[P], undefined> } {
  const entries = keys.filter((key) => from[key] !== undefined).map((key) =>
    [key, from[key]] as const
  );
  return Object.fromEntries(entries) as { [P in K]?: Exclude<T[P], undefined> };
}
