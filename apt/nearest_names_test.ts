import { assertEquals } from "@std/assert";
import { nearestNames } from "./nearest_names.ts";

const NAMES = ["nginx", "nginx-light", "vim", "vim-tiny", "libssl3", "libssl-dev"];
const CASES = [["nginxx", ["nginx"]], ["ngixn", ["nginx"]], ["libssl2", ["libssl3"]], [
  "emacs",
  [],
]] as const;

Deno.test.each(CASES)("nearestNames() of %s are %j", (name, near) => {
  assertEquals(nearestNames(name, NAMES), [...near]);
});
