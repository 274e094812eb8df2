import { assertEquals } from "@std/assert";
import { withAskers } from "./ask_reasons.ts";
import type { PlannedPackage, PlanReason } from "./plan.ts";

function planned(
  name: string,
  fields: Readonly<Record<string, string>> = {},
  reason: PlanReason = "dependency",
): PlannedPackage {
  return {
    name,
    version: "1",
    architecture: "all",
    source: "",
    uri: "",
    size: 0,
    sha256: "",
    installedSize: 0,
    reason,
    fields: new Map(Object.entries(fields)),
  };
}

Deno.test("withAskers() names the package nearest to what was requested", () => {
  const packages = [
    planned("lib-common"),
    planned("exim", { Provides: "mail-agent (= 1)", Depends: "lib-common" }),
    planned("essential", { "Pre-Depends": "lib (>= 1)" }, "essential"),
    planned("lib", { Depends: "lib-common" }),
    planned(
      "editor",
      { Depends: "lib | other, editor-data", Recommends: "mail-agent" },
      "requested",
    ),
    planned("editor-data"),
    planned("upgraded", { Depends: "((" }),
  ];
  const asked = withAskers(packages);
  assertEquals(asked.map(({ name, askedBy }) => [name, askedBy]), [
    ["lib-common", "lib"],
    ["exim", "editor"],
    ["essential", undefined],
    ["lib", "editor"],
    ["editor", undefined],
    ["editor-data", "editor"],
    ["upgraded", undefined],
  ]);
  assertEquals(asked.map(({ askedBy: _, ...rest }) => rest), packages);
});
