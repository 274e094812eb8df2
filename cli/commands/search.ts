import { AptError } from "@apt-ostree/apt";
import { openHostApt } from "@apt-ostree/core";
import { type Command, defineCommand } from "../command.ts";
import { formatSearch } from "../format/search.ts";
import { IGNORED_INSTALL_OPTIONS } from "../ignored_options.ts";

/** `apt-ostree search`. */
export const command: Command = defineCommand({
  name: "search",
  summary: "Search for packages",
  args: "TERM...",
  arity: [1, Infinity],
  options: {
    ...IGNORED_INSTALL_OPTIONS,
    "sysroot": { type: "string", value: "SYSROOT", help: "Use system root SYSROOT (default: /)" },
    "cache-only": { type: "boolean", short: "C", help: "Do not download latest package lists" },
  },
  async run({ print, progress, signal }, { sysroot, "cache-only": cacheOnly }, terms) {
    const apt = await openHostApt(sysroot === undefined ? {} : { sysroot });
    try {
      await apt.update({ signal, cacheOnly: true });
    } catch (error) {
      // Lists that are there are good enough to search in; without any they are fetched.
      if (!(error instanceof AptError && error.code === "apt/not-cached") || cacheOnly) throw error;
      await apt.update({ signal, progress });
    }
    print(formatSearch(apt.search(terms)));
    return 0;
  },
});
