import { assertEquals } from "@std/assert";
import { setHome } from "./home_directories.ts";

const CASES: readonly (readonly [name: string, before: string, after: string])[] = [
  ["a commented default", "# HOME=/home\nSHELL=/bin/sh\n", "HOME=/var/home\nSHELL=/bin/sh\n"],
  ["the old default", 'A=1\nHOME="/home"\n', "A=1\nHOME=/var/home\n"],
  ["another place that was chosen", "HOME=/srv/people\n", "HOME=/srv/people\n"],
  ["a comment beside a choice", "#HOME=/home\nHOME=/home\n", "#HOME=/home\nHOME=/var/home\n"],
  ["a key that ends alike", "OTHER_HOME=/home\n", "OTHER_HOME=/home\nHOME=/var/home\n"],
  ["a megabyte of spaces", " ".repeat(2 ** 20), `${" ".repeat(2 ** 20)}\nHOME=/var/home\n`],
  ["no line at all", "SHELL=/bin/sh", "SHELL=/bin/sh\nHOME=/var/home\n"],
];
for (const [name, before, after] of CASES) {
  Deno.test(`setHome() on ${name}`, () => {
    assertEquals(setHome(before, "HOME"), after);
    assertEquals(setHome(after, "HOME"), after);
  });
}
