import { assertEquals, assertThrows } from "@std/assert";
import { ExtensionsError } from "../error.ts";
import { parseExtensions } from "./parse_extensions.ts";

Deno.test("parseExtensions() reads every field, in the order of the names", () => {
  const text = `
repos: [tools]
extensions:
  trace:
    packages: [strace, ltrace]
  dev:
    kind: development
    packages: [headers]
    match-base-evr: kernel
    architectures: [x86_64, arm64]
    repos: [more]
`;
  assertEquals(parseExtensions(text, "e.yaml"), {
    repos: ["tools"],
    extensions: [
      {
        name: "dev",
        packages: ["headers"],
        kind: "development",
        matchBaseEvr: "kernel",
        architectures: ["x86_64", "arm64"],
        repos: ["more"],
      },
      { name: "trace", packages: ["strace", "ltrace"], kind: "os-extension", repos: [] },
    ],
  });
});

const BAD: readonly (readonly [what: string, text: string, message: string])[] = [
  ["broken YAML", "extensions: [", "e.yaml:1:14: Flow sequence in block collection"],
  ["no map", "- a\n", "e.yaml:1:1: it is no map of fields"],
  ["nothing in it", "{}", "e.yaml:1:1: it has no extensions"],
  ["a field that there is not", "modules: {}", 'e.yaml:1:1: there is no field "modules"'],
  ["a list of extensions", "extensions: [a]", 'e.yaml:1:1: "extensions" has to be a map'],
  [
    "an extension that is text",
    "extensions:\n  a: b\n",
    'e.yaml:2:3: "extensions" has to be a map',
  ],
  ["no packages", "extensions:\n  a: {}\n", 'e.yaml:2:3: extension "a" has no packages'],
  [
    "a field of an extension that there is not",
    "extensions:\n  a:\n    package: [b]\n",
    'e.yaml:3:5: there is no field "package"',
  ],
  [
    "packages that are text",
    "extensions:\n  a:\n    packages: b\n",
    'e.yaml:3:5: "packages" has to be a list of texts',
  ],
  [
    "a package that is a map",
    "extensions:\n  a:\n    packages:\n    - b\n    - c: d\n",
    'e.yaml:5:7: "packages" has to be a list of texts',
  ],
  [
    "another kind",
    "extensions:\n  a:\n    packages: [b]\n    kind: devel\n",
    'e.yaml:4:5: "kind" has to be one of os-extension, development',
  ],
  [
    "an architecture that there is not",
    "extensions:\n  a:\n    packages: [b]\n    architectures: [x86]\n",
    'e.yaml:4:21: there is no architecture "x86"',
  ],
];

for (const [what, text, message] of BAD) {
  Deno.test(`parseExtensions() refuses ${what}, and says where`, () => {
    const error = assertThrows(() => parseExtensions(text, "e.yaml"), ExtensionsError);
    assertEquals(error.code, "extensions/bad-file");
    assertEquals(
      error.message.startsWith(`Cannot read extensions ${message}`),
      true,
      error.message,
    );
  });
}
