import { RAW_CONTROL } from "../../support/raw_deb.ts";
import { control, ESCAPES, file, type HostileDeb, LARGE, many, OK } from "./hostile_deb.ts";

/** Control parts that are wrong. */
export const CONTROL_DEBS: readonly HostileDeb[] = [
  {
    danger: "control fields with escapes",
    control: control(`${RAW_CONTROL}X: ${ESCAPES}\n`),
    read: OK,
  },
  {
    danger: "package name with escapes",
    control: control(RAW_CONTROL.replace("raw", `raw${ESCAPES}`)),
    read: OK,
    imported: "import/wrong-package",
  },
  {
    danger: "escapes instead of a field",
    control: control(`${ESCAPES}\n`),
    read: "format/bad-deb822",
  },
  {
    danger: "control with a NUL",
    control: control(`${RAW_CONTROL}X: \0\n`),
    read: "deb/bad-control",
  },
  { danger: "no control", control: file("md5sums"), read: "deb/bad-control" },
  { danger: "empty control", control: control(""), read: "format/bad-deb822" },
  { danger: "a field twice", control: control(RAW_CONTROL.repeat(2)), read: "format/bad-deb822" },
  {
    danger: "control that is not UTF-8",
    control: control(Uint8Array.of(0x58, 0x3a, 0xff, 10)),
    read: OK,
    imported: "import/wrong-package",
  },
  { danger: "control of 5 MiB", control: control("X: y\n".repeat(1 << 20)), read: LARGE },
  {
    danger: "control with 2 million lines",
    control: control(`${RAW_CONTROL}${" \n".repeat(2e6)}`),
    read: OK,
  },
  { danger: "control part of 40 MiB", control: control(new Uint8Array(40 << 20)), read: LARGE },
  { danger: "2000 control members", control: many(2000, (i) => file(`m${i}`)), read: LARGE },
  {
    danger: "conffiles of 30 million lines",
    control: [...control(RAW_CONTROL), ...file("conffiles", "\n".repeat(3e7))],
    read: OK,
    imported: LARGE,
  },
  {
    danger: "triggers with a NUL",
    control: [...control(RAW_CONTROL), ...file("triggers", "a\0b")],
    read: OK,
    imported: "deb/bad-control",
  },
];
