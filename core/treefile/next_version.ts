import { TreefileError } from "./error.ts";

/**
 * The version of the next commit.
 *
 * A number counts up behind the prefix while the prefix stays the same. With a tag `<date:FORMAT>` in
 * the prefix the date stands there, and the number begins again with each date.
 *
 * @param prefix `automatic-version-prefix`.
 * @param suffix The character before the number.
 * @param previous Version of the last commit.
 * @param now The date that a tag stands for, in UTC.
 * @throws {TreefileError} If the format of a date is none of strftime's.
 */
export function nextVersion(
  prefix: string,
  suffix: string,
  previous: string | undefined,
  now: Date,
): string {
  const tag = /<date:([^>]*)>/.exec(prefix);
  if (!tag) return count(prefix, suffix, previous, prefix);
  const date = prefix.slice(0, tag.index) + strftime(tag[1]!, now) +
    prefix.slice(tag.index + tag[0].length);
  return count(date, suffix, previous, `${date}${suffix}0`);
}

function count(
  prefix: string,
  suffix: string,
  previous: string | undefined,
  first: string,
): string {
  if (previous === undefined) return first;
  const dated = first !== prefix;
  if (previous === prefix) return dated ? first : `${prefix}${suffix}1`;
  if (!previous.startsWith(prefix + suffix)) return first;
  const rest = previous.slice(prefix.length + suffix.length);
  if (rest === "" && !dated) return first;
  const number = Number(/^\d*/.exec(rest)![0] || "0");
  return `${prefix}${suffix}${number + 1}`;
}

/** The conversions of strftime(3) that dates and times need, in UTC. */
function strftime(format: string, now: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const start = Date.UTC(now.getUTCFullYear(), 0, 1);
  const values: Record<string, string> = {
    "Y": String(now.getUTCFullYear()),
    "y": two(now.getUTCFullYear() % 100),
    "m": two(now.getUTCMonth() + 1),
    "d": two(now.getUTCDate()),
    "H": two(now.getUTCHours()),
    "M": two(now.getUTCMinutes()),
    "S": two(now.getUTCSeconds()),
    "j": String(Math.floor((now.getTime() - start) / 86_400_000) + 1).padStart(3, "0"),
    "s": String(Math.floor(now.getTime() / 1000)),
    "F": now.toISOString().slice(0, 10),
    "T": now.toISOString().slice(11, 19),
    "%": "%",
  };
  return format.replace(/%(.?)/g, (found, letter: string) => {
    const value = values[letter];
    if (value !== undefined) return value;
    throw new TreefileError(
      "treefile/bad-value",
      `Cannot make a version: "${found}" is no part of a date`,
      {
        subject: format,
        hint: `Parts are ${Object.keys(values).map((key) => `%${key}`).join(" ")}`,
      },
    );
  });
}
