import licenseIds from "spdx-license-ids/index.json" with { type: "json" };

/** Short names of Debian's copyright files that SPDX calls otherwise, in lower case. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  "expat": "MIT",
  "mit/x11": "MIT",
  "artistic": "Artistic-1.0-Perl",
  "artistic-1": "Artistic-1.0-Perl",
  "apache-2": "Apache-2.0",
  "bsd-2": "BSD-2-Clause",
  "bsd-3": "BSD-3-Clause",
  "bsd2": "BSD-2-Clause",
  "bsd3": "BSD-3-Clause",
  "bsd-4-clause-ucb": "BSD-4-Clause-UC",
  "boost-1": "BSL-1.0",
  "boost-1.0": "BSL-1.0",
  "cc0": "CC0-1.0",
  "cc0-1": "CC0-1.0",
  "openldap-2.8": "OLDAP-2.8",
  "unicode": "Unicode-DFS-2016",
  "mpl-1": "MPL-1.0",
  "mpl-2": "MPL-2.0",
};

/** Exceptions of Debian's copyright files that SPDX has a name for, in lower case. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  "bison": "Bison-exception-2.2",
  "bison-2.2": "Bison-exception-2.2",
  "classpath": "Classpath-exception-2.0",
  "font": "Font-exception-2.0",
  "gcc runtime library": "GCC-exception-3.1",
  "llvm": "LLVM-exception",
  "libtool": "Libtool-exception",
  "linux-syscall-note": "Linux-syscall-note",
  "texinfo": "Texinfo-exception",
};

const BY_LOWER_CASE = new Map(licenseIds.map((id) => [id.toLowerCase(), id]));

/** The identifier that SPDX has for a short name of Debian; `undefined` where there is none. */
export function spdxLicense(name: string): string | undefined {
  const lower = name.toLowerCase().replace(/^([al]?)gplv/, "$1gpl-");
  // GPL-2+ and GPL-2.0+ are GPL-2.0-or-later; NIV says that there are no invariant sections.
  const gnu = /^([al]?gpl|gfdl|gfdl-niv)-(\d)(?:\.(\d))?(\+|-only|-or-later)?$/.exec(lower);
  if (!gnu) return OTHER_NAMES[lower] ?? BY_LOWER_CASE.get(lower);
  const [, family = "", major = "", minor = "0", or] = gnu;
  const version = `${major}.${minor}`;
  const base = family === "gfdl-niv" ? `gfdl-${version}-no-invariants` : `${family}-${version}`;
  return BY_LOWER_CASE.get(`${base}${or === "+" || or === "-or-later" ? "-or-later" : "-only"}`);
}

/** The identifier that SPDX has for an exception, without that word; `undefined` for none. */
export function spdxException(name: string): string | undefined {
  return EXCEPTIONS[name.toLowerCase()];
}
