import { AptError } from "./error.ts";
import type { Repository } from "./repositories.ts";

/**
 * Refuse package lists that are older than those that were accepted before, and remember the new ones.
 *
 * An archive's signature says who made a list, not that it is the newest: somebody in between could
 * serve an old one, with holes that were mended since. apt notices that only while it has the newer
 * list.
 *
 * @param file Where the dates are kept: a JSON object of seconds since 1970 by repository.
 * @throws {AptError} `apt/replayed-source`; nothing is remembered then.
 */
export function checkReleaseDates(repositories: readonly Repository[], file: string): void {
  const dates = readDates(file);
  for (const { id, uri, date } of repositories) {
    const before = dates[`${id} ${uri}`] ?? 0;
    if (date >= before) continue;
    const day = (seconds: number) => new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
    throw new AptError(
      "apt/replayed-source",
      `Cannot use source "${id}": it is of ${day(date)}, but one of ${day(before)} was seen before`,
      {
        subject: id,
        hint: `A mirror may lag: try again later. If its archive did go back, remove ${file}`,
      },
    );
  }
  for (const { id, uri, date } of repositories) dates[`${id} ${uri}`] = date;
  Deno.writeTextFileSync(`${file}.new`, JSON.stringify(dates, null, 2));
  Deno.renameSync(`${file}.new`, file);
}

function readDates(file: string): Record<string, number> {
  try {
    const dates: unknown = JSON.parse(Deno.readTextFileSync(file));
    const good = typeof dates === "object" && dates !== null &&
      Object.values(dates).every((date) => typeof date === "number");
    if (good) return dates as Record<string, number>;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new AptError("apt/failed", `Cannot read "${file}": it is damaged`, {
    subject: file,
    hint: "Remove it, if you trust that the sources are not replayed now",
  });
}
