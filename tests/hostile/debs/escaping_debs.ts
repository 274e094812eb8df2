import { RAW_CONTROL } from "../../support/raw_deb.ts";
import { BAD, control, dir, file, hard, type HostileDeb, link, long, OK } from "./hostile_deb.ts";

/** Names and links that try to leave their directory; `outside` is an absolute path that must stay. */
export function escapingDebs(outside: string): HostileDeb[] {
  const up = `${"../".repeat(20)}${outside.slice(1)}`;
  return [
    { danger: "path traversal", data: long(`./${up}`), read: BAD, message: "leads outside" },
    { danger: "traversal from inside", data: long(`./usr/../${up}`), read: BAD },
    { danger: "absolute name", data: long(outside), read: OK },
    {
      danger: "symlink, then written through",
      data: [...link("./evil", outside.replace(/\/[^/]*$/, "")), ...long("./evil/canary")],
      read: OK,
      imported: BAD,
      message: "leads through a file or link",
    },
    {
      danger: "symlink, then a directory of its name",
      data: [...link("./evil", "/"), ...dir("./evil/"), ...long("./evil/canary")],
      read: OK,
      imported: BAD,
    },
    {
      danger: "directory, then a symlink of its name",
      data: [...dir("./evil/"), ...link("./evil", "/")],
      read: OK,
      imported: BAD,
    },
    { danger: "symlink with ..", data: link("./l", up.slice(0, 99)), read: OK },
    { danger: "hard link to outside", data: hard("./h", "../../etc/shadow"), read: BAD },
    {
      danger: "hard link to an absolute file",
      data: hard("./h", "/etc/shadow"),
      read: OK,
      imported: BAD,
      message: "is no file of it",
    },
    { danger: "root as a symlink", data: link("./", "/"), read: OK, imported: BAD },
    { danger: "root as a file", data: file(".", "x"), read: OK, imported: BAD },
    { danger: "control member outside", control: file("../../c"), read: "deb/bad-control" },
    { danger: "control member in a directory", control: file("a/b"), read: "deb/bad-control" },
    {
      danger: "control member called list",
      control: [...control(RAW_CONTROL), ...file("list", "/etc/passwd\n")],
      read: OK,
    },
  ];
}
