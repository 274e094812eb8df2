import { assertEquals, assertThrows } from "@std/assert";
import { parseKeyFile } from "@apt-ostree/ostree";
import { HostError } from "../error.ts";
import { editRequests, type HostEdit, parseHostRequests } from "./host_requests.ts";

const DIGEST = "0".repeat(64);
const ORIGIN = parseKeyFile(
  `[origin]
baserefspec=vendor:debian
[packages]
requested=htop;vim=2:9.1;
requested-local=${DIGEST}:by-hand_1.0_all;
[overrides]
remove=nano;
replace=repo=bookworm-backports,curl,libcurl4;
replace-local=${DIGEST}:bash_5.3-1_amd64;
`,
  "origin",
);

Deno.test("parseHostRequests() reads what an origin file asks for", () => {
  assertEquals(parseHostRequests(ORIGIN), {
    install: ["htop", "vim=2:9.1"],
    remove: ["nano"],
    local: ["by-hand"],
    replaced: ["bash", "curl", "libcurl4"],
  });
});

const HOST = { install: ["htop", "vim=2:9.1"], remove: ["nano"], local: [], replaced: [] };
const EDITS: [
  name: string,
  edit: HostEdit,
  install: string[],
  remove: string[],
  debs: string[][],
][] = [
  ["upgrade", { verb: "upgrade" }, ["htop", "vim=2:9.1"], ["nano"], [[], []]],
  [
    "install",
    { verb: "install", packages: ["jq"], debs: ["/x.deb"], uninstall: ["vim"] },
    ["htop", "jq"],
    ["nano"],
    [["/x.deb"], []],
  ],
  [
    "uninstall",
    { verb: "uninstall", packages: ["htop"], install: ["jq"] },
    ["vim=2:9.1", "jq"],
    ["nano"],
    [[], []],
  ],
  ["uninstall --all", { verb: "uninstall", packages: "all", install: [] }, [], ["nano"], [[], []]],
  [
    "override replace",
    { verb: "override-replace", debs: ["/b.deb"], remove: ["ed", "nano"] },
    ["htop", "vim=2:9.1"],
    ["nano", "ed"],
    [[], ["/b.deb"]],
  ],
  [
    "override remove",
    { verb: "override-remove", packages: ["ed"], replace: ["/b.deb"] },
    ["htop", "vim=2:9.1"],
    ["nano", "ed"],
    [[], ["/b.deb"]],
  ],
  [
    "override reset",
    { verb: "override-reset", packages: ["nano"] },
    ["htop", "vim=2:9.1"],
    [],
    [[], []],
  ],
];

Deno.test.each(EDITS)("editRequests() makes a change of the base of %s", (...row) => {
  const [, edit, install, remove, [localDebs, replaceDebs]] = row;
  assertEquals(editRequests(HOST, edit), {
    install,
    remove,
    localDebs: localDebs!,
    replaceDebs: replaceDebs!,
  });
});

const REFUSED: [code: string, edit: HostEdit][] = [
  ["host/already-requested", { verb: "install", packages: ["htop"], debs: [], uninstall: [] }],
  ["host/not-requested", { verb: "uninstall", packages: ["nano"], install: [] }],
  ["host/not-overridden", { verb: "override-reset", packages: ["htop"] }],
];

Deno.test.each(REFUSED)("editRequests() refuses with %s", (code, edit) => {
  assertEquals(assertThrows(() => editRequests(HOST, edit), HostError).code, code);
  if (edit.verb !== "override-reset") editRequests(HOST, edit, { idempotent: true });
});

Deno.test("editRequests() needs .debs that were given by hand earlier, unless they go", () => {
  const host = parseHostRequests(ORIGIN);
  const error = assertThrows(() => editRequests(host, { verb: "upgrade" }), HostError);
  assertEquals([error.code, error.subject], ["host/local-packages", "by-hand"]);
  const reset = { ...host, local: [] };
  assertEquals(editRequests(reset, { verb: "override-reset", packages: "all" }).remove, []);
});
