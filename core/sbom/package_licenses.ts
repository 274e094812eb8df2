import { createHash } from "node:crypto";
import type { Repo, Tree } from "@apt-ostree/ostree";
import { parseCopyright } from "./copyright.ts";
import { allOf, licenseExpression } from "./license_expression.ts";

/** A licence that SPDX has no name for. */
export interface OtherLicense {
  /** `LicenseRef-…`. */
  readonly id: string;
  /** Name in copyright files. */
  readonly name: string;
  /** `undefined` where no copyright file has it. */
  readonly text?: string;
}

/** Larger copyright files are taken for prose. */
const MAX_COPYRIGHT = 4 * 1024 * 1024;

/** Licences of a tree's packages, by their copyright files. */
export class PackageLicenses {
  readonly #repo: Repo;
  readonly #tree: Tree;
  readonly #others = new Map<string, OtherLicense>();

  constructor(repo: Repo, tree: Tree) {
    this.#repo = repo;
    this.#tree = tree;
  }

  /** SPDX expression over all licences of a package; `NOASSERTION` where its file is prose. */
  of(packageName: string): string {
    const path = this.#tree.real(`usr/share/doc/${packageName}/copyright`);
    const copyright = parseCopyright(this.#read(path), path);
    if (!copyright) return "NOASSERTION";
    const { licenses, texts } = copyright;
    return allOf(licenses.map((synopsis) => {
      // A text below "A or B" is that of both.
      const text = (name: string) => texts.get(name) ?? texts.get(synopsis);
      return licenseExpression(synopsis, (name) => this.#reference(name, text(name)));
    }));
  }

  /** Licences without a name in SPDX that packages have had so far, sorted by their id. */
  others(): OtherLicense[] {
    return [...this.#others.values()].sort((a, b) => a.id < b.id ? -1 : 1);
  }

  #read(path: string): string {
    const entry = this.#tree.lookup(path);
    if (entry?.type !== "file") return "";
    const info = this.#repo.statFile(entry.checksum);
    if (info.type !== "file" || info.size > MAX_COPYRIGHT) return "";
    return new TextDecoder().decode(this.#repo.readFile(entry.checksum));
  }

  /** Packages use one name for different texts, so that the text is part of the reference. */
  #reference(name: string, text: string | undefined): string {
    const plain = name.replace(/[^A-Za-z0-9.]+/g, "-").replace(/^-|-$/g, "").slice(0, 80);
    const digest = createHash("sha256").update(`${name}\0${text ?? ""}`).digest("hex");
    const id = `LicenseRef-debian-${plain}-${digest.slice(0, 8)}`;
    this.#others.set(id, { id, name, ...(text === undefined ? {} : { text }) });
    return id;
  }
}
