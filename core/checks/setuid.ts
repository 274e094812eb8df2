import type { Check } from "./check.ts";
import type { SpecialEntry } from "./special_entries.ts";
import { matchesAny, pathPattern } from "./path_pattern.ts";
import { PRIVILEGED_PROGRAMS } from "./privileged_programs.ts";

const KNOWN = PRIVILEGED_PROGRAMS.map((each) => ({ ...each, pattern: pathPattern(each.path) }));

/** Programs that give privileges. */
export const setuid: Check = {
  name: "setuid",
  severity: "warn",
  text: "Programs that are setuid, setgid or have capabilities, beside those that Debian's own " +
    "packages ship so.",
  *find({ special, owners }) {
    for (const entry of special) {
      if (entry.type !== "file") continue;
      const kinds = privileges(entry);
      if (kinds.length === 0) continue;
      const packages = (owners.get(entry.path) ?? []).map((name) => name.split(":")[0]!);
      const known = KNOWN.some((each) =>
        matchesAny(entry.path, [each.pattern]) && packages.includes(each.package)
      );
      if (known) continue;
      const whose = packages.length === 0 ? "belongs to no package" : `of ${packages.join(", ")}`;
      yield { path: entry.path, detail: `${kinds.join(" and ")}, ${whose}, is not known to be so` };
    }
  },
};

function privileges({ mode, capabilities }: SpecialEntry): string[] {
  return [
    ...(mode & 0o4000 ? ["setuid"] : []),
    ...(mode & 0o2000 ? ["setgid"] : []),
    ...(capabilities ? ["with capabilities"] : []),
  ];
}
