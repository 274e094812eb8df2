import fc from "fast-check";
import type { RuleCase } from "./rule_case.ts";
import type { SmallDeb, SmallNode } from "./small_deb.ts";

/** Places that random packages fight for. */
const FILES = [
  "usr/share/a/x",
  "usr/share/b/x",
  "usr/share/a/c/y",
  "bin/x",
  "usr/bin/x",
  "lib/a/x",
];
const NODES = ["usr/share/a", "usr/share/b", "usr/share/a/c"];
const NAMES = ["p", "q", "r"];

type Ships = Record<string, string | SmallNode>;

const file = fc.constantFrom("1", "2").map((text): string | SmallNode => text);
const link = fc.constantFrom("a", "b", "x", "/usr/share/b").map((
  target,
): string | SmallNode => ({ link: target }));
const directory = fc.constantFrom(0o755, 0o700).map((mode): string | SmallNode => ({ mode }));

const entry = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom(...FILES), fc.oneof(file, link)) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...NODES), fc.oneof(file, link)) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom(...NODES).map((path) => `${path}/`), directory),
  },
);

/** What one package can ship: nothing below a file, and no place by two names. */
const ships = fc.array(entry, { minLength: 1, maxLength: 4 }).map((entries): Ships => {
  const chosen: Ships = {};
  const place = (path: string) => path.replace(/\/$/, "").replace(/^usr\/(?=bin)/, "");
  for (const [path, node] of entries) {
    const clash = Object.keys(chosen).some((other) => {
      const [one, two] = [place(path), place(other)];
      const below = two.startsWith(`${one}/`) && !path.endsWith("/") ||
        one.startsWith(`${two}/`) && !other.endsWith("/");
      return one === two || below;
    });
    const loops = typeof node !== "string" && node.link !== undefined &&
      `/${path}`.endsWith(`/${node.link.replace(/^\//, "")}`);
    if (!clash && !loops) chosen[path] = node;
  }
  // Directories before what is in them, as every archive has them.
  return Object.fromEntries(Object.entries(chosen).sort(([a], [b]) => a < b ? -1 : 1));
});

const single = fc.record({
  name: fc.constantFrom(...NAMES),
  version: fc.constantFrom("1", "2"),
  replaces: fc.option(fc.constantFrom("p", "q", "p (<< 2), r", "r"), { nil: undefined }),
  ships,
}).map(({ name, version, replaces, ships }): SmallDeb => ({
  name,
  version,
  ...(replaces === undefined || replaces.startsWith(name)
    ? {}
    : { fields: { Replaces: replaces } }),
  ships: { ...ships, [`usr/share/own-${name}`]: version },
}));

/** Of two architectures, now and then with a file that both have. */
const shared = fc.tuple(fc.constantFrom("amd64", "i386"), ships).map(([arch, ships]): SmallDeb => ({
  name: "lib",
  arch,
  fields: { "Multi-Arch": "same" },
  ships: { ...ships, [`usr/share/own-lib-${arch}`]: arch },
}));

const deb = fc.oneof({ weight: 4, arbitrary: single }, { weight: 1, arbitrary: shared });
const key = ({ name, arch }: SmallDeb) => `${name}:${arch}`;
const debs = (minLength: number) => fc.uniqueArray(deb, { minLength, maxLength: 3, selector: key });

const DIVERSIONS = ["/usr/share/a/x", "/usr/bin/x", "/bin/x"].flatMap((path) => [
  `dpkg-divert --local --no-rename --add --divert ${path}.real ${path}`,
  `dpkg-divert --package p --no-rename --add --divert ${path}.p ${path}`,
]);

/** Some packages that are there, some that come, some diversions. */
export const randomCase: fc.Arbitrary<Omit<RuleCase, "refused">> = fc.record({
  before: debs(0),
  add: debs(1),
  diversions: fc.uniqueArray(fc.constantFrom(...DIVERSIONS), {
    maxLength: 1,
    selector: (line) => line.split(" ").at(-1),
  }),
}).map(({ before, add, diversions }) => ({
  before,
  add,
  prepare: ["dpkg --add-architecture i386", ...diversions].join("\n"),
}));
