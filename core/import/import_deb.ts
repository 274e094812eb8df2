import {
  type Deb,
  DebError,
  FormatError,
  getField,
  hasSha256,
  openDeb,
  type OpenDebOptions,
} from "@apt-ostree/apt";
import { quoted } from "@apt-ostree/base";
import { ObjectError, type Repo, type Transaction } from "@apt-ostree/ostree";
import { ImportError } from "../error.ts";
import { MEMBER_LIMIT } from "./member_limit.ts";
import { PackageLayout } from "./package_layout.ts";
import { type PackageId, packageRef, packageTitle } from "./package_ref.ts";

/** A .deb to import. */
export interface ImportJob extends PackageId {
  /** Path of the file. */
  readonly path: string;
  /** 64 hexadecimal digits; the file is refused where it has another. */
  readonly sha256: string;
}

/**
 * Write a .deb into a repository as a package commit, and let its ref name it.
 *
 * The commit's tree has two directories: `data`, the files with the merged /usr resolved, and
 * `info`, what dpkg's database keeps of the package. All else is in the commit's metadata.
 *
 * Nothing is written outside the repository, whatever the file says; what was staged when it fails
 * goes with the transaction.
 *
 * @returns Checksum of the commit.
 * @throws {ImportError} If the file is not the one wanted.
 * @throws {DebError} If it cannot be read, or cannot be laid out; the message names the package.
 * @throws {FormatError} If its control file is not in deb822 form.
 * @throws {ObjectError} If a directory has more files than an object can name.
 */
export async function importDeb(
  repo: Repo,
  txn: Transaction,
  job: ImportJob,
  options: OpenDebOptions = {},
): Promise<string> {
  if (!hasSha256(job.path, job.sha256)) {
    throw new ImportError(
      "import/wrong-checksum",
      `Cannot import ${quoted(packageTitle(job))}: its SHA-256 is wrong`,
      { subject: job.path, hint: "Remove the file and run it again" },
    );
  }
  let layout: PackageLayout | undefined;
  try {
    const deb = await openDeb(job.path, options);
    checkIdentity(deb, job);
    layout = new PackageLayout(repo, txn, deb);
    await deb.walk(layout);
    const commit = layout.finish(job);
    txn.setRef(packageRef(job), commit);
    return commit;
  } catch (error) {
    layout?.abort();
    throw withPackage(error, job);
  }
}

/** The same error with the package in its message: files in a cache have no telling names. */
function withPackage(error: unknown, job: ImportJob): unknown {
  const message = (cause: Error) => `Cannot import ${quoted(packageTitle(job))}: ${cause.message}`;
  const { subject = job.path, hint = "" } = error as DebError;
  const many = error instanceof DebError && /more than \d+ members/.test(error.message);
  const more = `The file is hostile; or, if you trust it, set ${MEMBER_LIMIT} to a higher number`;
  const options = { subject, hint: many ? more : hint, cause: error };
  if (error instanceof DebError) return new DebError(error.code, message(error), options);
  if (error instanceof FormatError) return new FormatError(error.code, message(error), options);
  if (error instanceof ObjectError) return new ObjectError(error.code, message(error), options);
  return error;
}

function checkIdentity(deb: Deb, job: ImportJob): void {
  const fields = [
    ["Package", job.name],
    ["Version", job.version],
    ["Architecture", job.architecture],
  ] as const;
  for (const [field, wanted] of fields) {
    const found = getField(deb.control, field);
    if (found === wanted) continue;
    const says = found === undefined ? "nothing" : quoted(found);
    throw new ImportError(
      "import/wrong-package",
      `Cannot import ${quoted(packageTitle(job))}: its control file says ${field}: ${says}`,
      { subject: job.path, hint: "The package lists and the package do not fit: update them" },
    );
  }
}
