import type { Check } from "./check.ts";

/** Files of accounts, and the number of the field that holds a password. */
const FILES = ["passwd", "shadow", "group", "gshadow"];

/** Where accounts lie in a commit. */
const DIRECTORIES = ["usr/etc", "usr/lib"];

/** Passwords of accounts. */
export const passwordHashes: Check = {
  name: "password-hashes",
  severity: "error",
  text: "Accounts with a password, or with an empty one: all hosts would let the same people in.",
  *find(context) {
    for (const path of DIRECTORIES.flatMap((dir) => FILES.map((name) => `${dir}/${name}`))) {
      for (const line of (context.text(path) ?? "").split("\n")) {
        const [account, password] = line.split(":");
        if (!account || password === undefined) continue;
        const isGroup = /g(roup|shadow)$/.test(path);
        if (password === "") {
          // A group without a password is one that nobody can join by it.
          if (!isGroup) yield { path, detail: `lets "${account}" in without a password` };
        } else if (!isLocked(password)) {
          yield { path, detail: `has a password for "${account}"` };
        }
      }
    }
  },
};

/** Whether no password can match. @see shadow(5) */
function isLocked(password: string): boolean {
  return password === "x" || /^[!*]/.test(password);
}
