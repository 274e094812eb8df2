import { assertEquals, assertThrows } from "@std/assert";
import { InstalledPackage } from "../assemble/installed_package.ts";
import { ExtensionsError } from "../error.ts";
import { BasePackages } from "../layer/base_packages.ts";
import { type Extension, parseExtensions } from "./parse_extensions.ts";
import { formatExtensions } from "./plan_extensions.ts";
import { selectExtensions } from "./select_extensions.ts";

const BASE = new BasePackages([["kernel", "6.1-2"], ["systemd", "1:252-3"]].map((
  [name, version],
) =>
  new InstalledPackage(
    `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}`,
  )
));

function select(fields: Record<string, Record<string, unknown>>, basearch = "x86_64") {
  const text = JSON.stringify({ repos: ["all"], extensions: fields });
  return selectExtensions(parseExtensions(text, "e.yaml"), basearch, BASE);
}

Deno.test("selectExtensions() leaves out other architectures, and what is theirs alone", () => {
  const fields = {
    here: { packages: ["a"], architectures: ["amd64"], repos: ["here"] },
    there: { packages: ["b"], architectures: ["aarch64"], repos: ["there"] },
    all: { packages: ["c", "a"] },
  };
  const names = ({ extensions }: { extensions: readonly Extension[] }) =>
    extensions.map((each) => each.name);
  const mine = select(fields);
  assertEquals(names(mine), ["all", "here"]);
  assertEquals([mine.layered, mine.repos], [["c", "a"], ["all", "here"]]);
  assertEquals(names(select(fields, "aarch64")), ["all", "there"]);
  assertEquals(select(fields, "aarch64").repos, ["all", "there"]);
});

Deno.test("selectExtensions() sets the versions that the base decides about, and formats them", () => {
  const selected = select({
    headers: { packages: ["headers"], kind: "development", "match-base-evr": "kernel" },
    machines: { packages: ["systemd-container"], "match-base-evr": "systemd" },
  });
  assertEquals(selected.layered, ["systemd-container=1:252-3"]);
  assertEquals(selected.development, ["headers=6.1-2"]);
  assertEquals(JSON.parse(formatExtensions(selected)), {
    extensions: {
      headers: { packages: ["headers=6.1-2"], "match-base-evr": "kernel", kind: "development" },
      machines: {
        packages: ["systemd-container=1:252-3"],
        "match-base-evr": "systemd",
        kind: "os-extension",
      },
    },
    repos: ["all"],
  });
});

Deno.test("selectExtensions() refuses what the base has, but not for development", () => {
  assertEquals(select({ a: { packages: ["systemd"], kind: "development" } }).development, [
    "systemd",
  ]);
  for (const request of ["systemd", "systemd=1:252-3", "systemd/stable", "systemd:amd64"]) {
    const error = assertThrows(() => select({ a: { packages: [request] } }), ExtensionsError);
    assertEquals(error.code, "extensions/in-base");
    assertEquals(
      error.message,
      'Cannot use extension "a": the base has "systemd" already, 1:252-3',
    );
  }
});

Deno.test("selectExtensions() refuses to match a package that the base lacks, or two versions", () => {
  const lacking = assertThrows(
    () => select({ a: { packages: ["b"], "match-base-evr": "kernal" } }),
    ExtensionsError,
  );
  assertEquals([lacking.code, lacking.hint], [
    "extensions/no-base-package",
    "Did you mean kernel?",
  ]);
  const two = assertThrows(
    () => select({ a: { packages: ["b=1"], "match-base-evr": "kernel" } }),
    ExtensionsError,
  );
  assertEquals(two.code, "extensions/bad-file");
});
