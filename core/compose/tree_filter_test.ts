import { assertEquals } from "@std/assert";
import { treeFilter } from "./tree_filter.ts";

const USUAL = { documentation: true, pathExclude: [], pathInclude: [] };

Deno.test("treeFilter() keeps all where nothing is said", () => {
  assertEquals(treeFilter(USUAL).name, "all");
  assertEquals(treeFilter({ ...USUAL, installLangs: ["de", "all"] }).name, "all");
});

Deno.test("treeFilter() keeps translations of the languages and those they fall back to", () => {
  const filter = treeFilter({ ...USUAL, installLangs: ["de_AT", "fr"] });
  const kept = ["de", "de_AT", "fr", "es", "pt_BR"].filter((language) =>
    filter.keepsFile(`usr/share/locale/${language}/LC_MESSAGES/a.mo`)
  );
  assertEquals(kept, ["de", "de_AT", "fr"]);
  assertEquals(filter.keepsFile("usr/share/locale/locale.alias"), true);
});

Deno.test("treeFilter() lets a treefile's includes win over its excludes, and both over the rest", () => {
  const filter = treeFilter({
    documentation: false,
    pathExclude: ["/usr/share/games/*"],
    pathInclude: ["/usr/share/games/chess/*", "/usr/share/man/man1/*"],
  });
  const paths = ["games/go/a", "games/chess/a", "man/man1/a.1", "man/man8/a.8", "doc/a/README"];
  assertEquals(
    paths.filter((path) => filter.keepsFile(`usr/share/${path}`)),
    ["games/chess/a", "man/man1/a.1"],
  );
});
