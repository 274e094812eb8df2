import { assertEquals, assertThrows } from "@std/assert";
import type { OptionTable } from "./command.ts";
import { CliError } from "./error.ts";
import { parseOptions, splitCommand } from "./parse_options.ts";

const TABLE = {
  repo: { type: "string", short: "r", help: "" },
  install: { type: "list", help: "", aliases: ["add"] },
  force: { type: "boolean", short: "f", help: "" },
  all: { type: "boolean", short: "a", help: "" },
} as const satisfies OptionTable;

const parse = (...words: string[]) => parseOptions(words, TABLE);
const none = { repo: undefined, install: [], force: false, all: false };

const SPLITS: [words: string[], command: string | undefined, rest: string[]][] = [
  [["--sysroot=/x", "status", "-v"], "status", ["--sysroot=/x", "-v"]],
  [["--version"], undefined, ["--version"]],
  [["--", "status"], undefined, ["--", "status"]],
  [["compose", "tree", "f"], "compose", ["tree", "f"]],
];

Deno.test.each(SPLITS)("splitCommand() of %j finds %s", (words, command, rest) => {
  assertEquals(splitCommand(words), [command, rest]);
});

Deno.test("parseOptions() takes values behind =, apart, joined, and in groups", () => {
  assertEquals(parse("--repo=a", "x").values, { ...none, repo: "a" });
  assertEquals(parse("--repo", "a").values, { ...none, repo: "a" });
  assertEquals(parse("-r", "a").values, { ...none, repo: "a" });
  assertEquals(parse("-ra").values, { ...none, repo: "a" });
  assertEquals(parse("-far", "a").values, { ...none, repo: "a", force: true, all: true });
  assertEquals(parse("--install=a", "--add", "b").values, { ...none, install: ["a", "b"] });
  assertEquals(parse("--repo=").values, { ...none, repo: "" });
});

Deno.test("parseOptions() ends options at --, and takes - for an argument", () => {
  assertEquals(parse("a", "--", "--force", "-r"), { values: none, args: ["a", "--force", "-r"] });
  assertEquals(parse("-").args, ["-"]);
});

Deno.test("parseOptions() says what it does not know", () => {
  assertEquals(
    assertThrows(() => parse("--rep=a"), CliError, '"--rep"').hint,
    "Did you mean --repo?",
  );
  assertThrows(() => parse("-x"), CliError, '"-x"');
  assertThrows(() => parse("--force=1"), CliError, "takes no value");
  assertThrows(() => parse("-r"), CliError, "value is missing");
  assertThrows(() => parse("--constructor"), CliError, "Cannot understand");
});
