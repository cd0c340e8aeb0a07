import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { basename, posix } from "node:path";
import { describe, expect, it } from "vitest";

// Rules about the repository itself, the kind no linter knows.

/** Who may import whom: a package imports only from layers below its own. */
const layers = [
  ["@nacre/core"],
  ["@nacre/engine", "@nacre/naming", "@nacre/store-memory"],
  ["@nacre/transport-http", "@nacre/transport-udp"],
  ["@nacre/server"],
];

/** Of the layers below, what a transport may not import: it serves, it does not decide or keep. */
const never: Record<string, readonly string[]> = {
  "@nacre/transport-http": ["@nacre/engine", "@nacre/store-memory"],
  "@nacre/transport-udp": ["@nacre/engine", "@nacre/store-memory"],
};

const root = new URL("..", import.meta.url);
// Also what is not committed yet, so that a rule speaks up before the commit.
const listing = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
const paths = [
  ...new Set(execFileSync("git", listing, { cwd: root, encoding: "utf8" }).split("\0")),
]
  .filter((path) => path !== "" && existsSync(new URL(path, root)))
  .toSorted();

const manifests = matching(/^(?:[^/]+\/){0,2}package\.json$/);
const packageManifests = matching(/^(packages|apps)\/[^/]+\/package\.json$/);
const sources = matching(/^(packages|apps)\/[^/]+\/src\/.*\.ts$/);
const code = matching(/\.(ts|js|mjs)$/);
const texts = paths.filter((path) => !read(path).includes("\0"));

describe("packages", () => {
  it.each(packageManifests)("%s depends on layers below its own", (path) => {
    const { name, dependencies = {} } = manifestAt(path);
    const layer = layers.findIndex((names) => names.includes(name));
    expect(layer, `${name} is in no layer`).not.toBe(-1);
    const allowed = layers.slice(0, layer).flat();
    const own = Object.keys(dependencies).filter((dependency) => dependency.startsWith("@nacre/"));
    expect(own.filter((other) => !allowed.includes(other) || never[name]?.includes(other))).toEqual(
      [],
    );
  });

  it.each(manifests)(
    "%s takes third-party versions from the catalog, Nacre's own from here",
    (path) => {
      const { dependencies, devDependencies, peerDependencies, optionalDependencies } =
        manifestAt(path);
      const all = {
        ...dependencies,
        ...devDependencies,
        ...peerDependencies,
        ...optionalDependencies,
      };
      const strays = Object.entries(all).filter(
        ([name, range]) => range !== (name.startsWith("@nacre/") ? "workspace:*" : "catalog:"),
      );
      expect(strays).toEqual([]);
    },
  );

  it.each(packageManifests)("%s has a README of at most 60 lines", (path) => {
    const readme = path.replace("package.json", "README.md");
    expect(paths).toContain(readme);
    expect(lineCount(readme)).toBeLessThanOrEqual(60);
  });

  it.each(packageManifests)("%s opens its index with what the package is for", (path) => {
    const indexes = sources.filter(
      (source) =>
        source.startsWith(path.replace("package.json", "")) && basename(source) === "index.ts",
    );
    expect(indexes).not.toEqual([]);
    for (const index of indexes)
      expect(read(index), index).toMatch(/^\/\*\*[^]*?@packageDocumentation[^]*?\*\//);
  });
});

describe("sources", () => {
  it("have a comment on every export", () => {
    const exported =
      /^export (?:declare )?(?:abstract )?(?:async )?(?:const|function\*?|class|interface|type) (\w+)/;
    expect(
      linesOf(sources, (line, lines, index) => {
        const name = exported.exec(line)?.[1];
        if (name === undefined) return false;
        // Further signatures of one function share the comment of the first.
        const sibling = lines.findIndex((other) => exported.exec(other)?.[1] === name);
        return lines[sibling - 1]?.trim().endsWith("*/") !== true && index === sibling;
      }),
    ).toEqual([]);
  });

  it("are at most 400 lines long", () => {
    expect(sources.filter((path) => lineCount(path) > 400)).toEqual([]);
  });

  it("have names in kebab-case", () => {
    expect(
      sources.filter((path) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.d)?\.ts$/.test(basename(path))),
    ).toEqual([]);
  });

  it("import inside their package by file, never through its index", () => {
    const imported = /^(?! \*).*\b(?:from|import)\s*\(?\s*"([^"]+)"/gm; // not in comments
    const strays = sources.flatMap((path) => {
      const [folder = ""] = /^[^/]+\/[^/]+/.exec(path) ?? [];
      const names = [...read(path).matchAll(imported)].map(([, name = ""]) =>
        name.startsWith(".") ? posix.join(posix.dirname(path), name) : name,
      );
      const barred = [`${folder}/src/index.ts`, manifestAt(`${folder}/package.json`).name];
      return names.filter((name) => barred.includes(name)).map((name) => `${path}: ${name}`);
    });
    expect(strays).toEqual([]);
  });
});

describe("code", () => {
  it("swallows no error", () => {
    expect(linesMatching(code, /catch\s*(\(\w+\))?\s*\{\s*\}/)).toEqual([]);
  });

  it("does not talk the compiler down", () => {
    expect(linesMatching(code, new RegExp("@ts-" + "(ignore|nocheck)|\\bas " + "any\\b"))).toEqual(
      [],
    );
  });

  it("leaves no test out", () => {
    expect(linesMatching(code, /\b(it|test|describe)\.(only|skip|todo)\b/)).toEqual([]);
  });
});

// The patterns are put together from parts, as this file is read by its own rules.
describe("texts", () => {
  it("promise nothing for later", () => {
    expect(
      linesMatching(
        withoutLockfile(),
        new RegExp("\\b(TO" + "DO|FIX" + "ME|XX" + "X|HA" + "CK)\\b"),
      ),
    ).toEqual([]);
  });

  it("have no licence headers: LICENSE says it once", () => {
    const header = new RegExp(
      "SPDX-" + "License|Licensed under" + " the|Copyright" + " \\(c\\)",
      "i",
    );
    expect(
      linesMatching(
        texts.filter((path) => path !== "LICENSE"),
        header,
      ),
    ).toEqual([]);
  });

  it("know no machine's folders", () => {
    const folder = new RegExp("(?<![\\w.+~}-])/(" + "work|root|home|Users)/");
    expect(linesMatching(texts, folder)).toEqual([]);
  });

  it("name no package registry's host", () => {
    const host = new RegExp("registry\\." + "(npmjs|yarnpkg|npmmirror)\\.|npm\\." + "pkg\\.github");
    expect(linesMatching(texts, host)).toEqual([]);
  });
});

interface Manifest {
  readonly name: string;
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
}

function matching(pattern: RegExp): string[] {
  return paths.filter((path) => pattern.test(path));
}

function read(path: string): string {
  return readFileSync(new URL(path, root), "utf8");
}

function manifestAt(path: string): Manifest {
  return JSON.parse(read(path)) as Manifest;
}

function lineCount(path: string): number {
  return read(path).trimEnd().split("\n").length;
}

function withoutLockfile(): string[] {
  return texts.filter((path) => path !== "pnpm-lock.yaml");
}

function linesMatching(files: readonly string[], pattern: RegExp): string[] {
  return linesOf(files, (line) => pattern.test(line));
}

/** The lines that break a rule, each with its place. */
function linesOf(
  files: readonly string[],
  breaks: (line: string, lines: readonly string[], index: number) => boolean,
): string[] {
  return files.flatMap((path) => {
    const lines = read(path).split("\n");
    return lines.flatMap((line, index) =>
      breaks(line, lines, index) ? [`${path}:${index + 1}: ${line.trim().slice(0, 120)}`] : [],
    );
  });
}
