import type { OpenDebOptions } from "@apt-ostree/apt";
import { ImportError } from "../error.ts";

/** Environment variable with the most members that a .deb may have. */
export const MEMBER_LIMIT = "APT_OSTREE_MAX_DEB_MEMBERS";

/** Bytes of a path that each member may have on average. */
const NAME_BYTES = 280;
/** Above this a tree's own limits end it. */
const MOST = 10_000_000;

/**
 * Limits of every .deb, as a user who trusts a larger package raises them by
 * `APT_OSTREE_MAX_DEB_MEMBERS`; room for their names and directories follows.
 *
 * Where the environment may not be read, as in a script without that permission, the defaults hold.
 *
 * @throws {ImportError} `import/bad-limit` if the variable is no number from 1 to ten million.
 */
export function readMemberLimit(): Pick<OpenDebOptions, "maxEntries" | "maxNamesSize"> {
  const { state } = Deno.permissions.querySync({ name: "env", variable: MEMBER_LIMIT });
  return state === "granted" ? parseMemberLimit(Deno.env.get(MEMBER_LIMIT) ?? "") : {};
}

/** The same from the variable's text; "" leaves the defaults. */
export function parseMemberLimit(
  text: string,
): Pick<OpenDebOptions, "maxEntries" | "maxNamesSize"> {
  if (text === "") return {};
  const maxEntries = Number(text);
  if (!/^[1-9]\d*$/.test(text) || maxEntries > MOST) {
    throw new ImportError("import/bad-limit", `Cannot use ${MEMBER_LIMIT}="${text}"`, {
      subject: MEMBER_LIMIT,
      hint: `Unset it, or set it to a number from 1 to ${MOST}`,
    });
  }
  return { maxEntries, maxNamesSize: Math.max(32 * 1024 ** 2, NAME_BYTES * maxEntries) };
}
