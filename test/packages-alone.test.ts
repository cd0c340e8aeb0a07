import { execFile } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mapLimited } from "./kit/wait.ts";

// Each package, packed as it would be published, works in an empty project that installs nothing
// but it: what it forgot to declare or to pack is missing there.

interface Package {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
  readonly dependencies: readonly string[];
  readonly bin: Readonly<Record<string, string>>;
}

const execute = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));
const packages = ["packages", "apps"].flatMap(packagesIn);
const folder = mkdtempSync(join(tmpdir(), "nacre-alone-"));

/** Per package, why it could not be installed; empty when it could. */
const installFailures = new Map<string, string>();

beforeAll(async () => {
  await packAll();
  await mapLimited(packages, 2, async (one) => {
    installFailures.set(one.name, await installAlone(one));
  });
}, 180_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(packages)("$name alone", (one) => {
  it("installs", () => {
    expect(installFailures.get(one.name)).toBe("");
  });

  const example = exampleOf(one);
  if (example !== undefined || one.folder.startsWith("packages/")) {
    it("runs the first program of its README", async () => {
      expect(example, `no \`\`\`js block in ${one.folder}/README.md`).toBeDefined();
      const path = join(projectOf(one), "example.mjs");
      writeFileSync(path, example ?? "");
      await node([path], projectOf(one));
    });
  }

  for (const command of Object.keys(one.bin)) {
    it(`brings the command ${command}`, async () => {
      const path = join(projectOf(one), "node_modules", ".bin", command);
      expect(await node([path, "--version"], projectOf(one))).toContain(one.version);
    });
  }
});

function packagesIn(parent: string): Package[] {
  return readdirSync(join(root, parent))
    .map((name) => `${parent}/${name}`)
    .filter((path) => existsSync(join(root, path, "package.json")))
    .map((path) => {
      const manifest = JSON.parse(readFileSync(join(root, path, "package.json"), "utf8")) as {
        readonly name: string;
        readonly version: string;
        readonly dependencies?: Record<string, string>;
        readonly bin?: Record<string, string>;
      };
      const { name, version, dependencies = {}, bin = {} } = manifest;
      return { name, version, folder: path, dependencies: Object.keys(dependencies), bin };
    });
}

/** Packs every package from its `dist`; the ranges of the workspace become plain versions. */
async function packAll(): Promise<void> {
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    readonly packageManager: string;
  };
  for (const one of packages) {
    const entry = join(root, one.folder, "dist/index.js");
    if (!existsSync(entry))
      throw new Error(`${one.folder} is not built: run \`npm run build\` first`);
  }
  const filters = packages.flatMap((one) => ["--filter", one.name]);
  const pack = ["-r", ...filters, "pack", "--pack-destination", folder];
  await execute("npx", ["-y", packageManager, ...pack], { cwd: root });
}

/** Installs a package and the Nacre packages it declares into a project of its own. */
async function installAlone(one: Package): Promise<string> {
  const tarballs = [one, ...nacreBelow(one)].map(({ name, version }): [string, string] => [
    name,
    `file:${join(folder, `${name.replace("@", "").replace("/", "-")}-${version}.tgz`)}`,
  ]);
  const manifest = { private: true, dependencies: Object.fromEntries(tarballs) };
  mkdirSync(projectOf(one), { recursive: true });
  writeFileSync(join(projectOf(one), "package.json"), JSON.stringify(manifest));
  const args = ["install", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];
  try {
    await execute("npm", args, { cwd: projectOf(one), timeout: 120_000 });
    return "";
  } catch (error) {
    const { stderr } = error as { readonly stderr: string };
    const others = one.dependencies.filter((name) => !name.startsWith("@nacre/"));
    return `npm must reach a package registry, or have in its cache: ${others.join(", ")}\n${stderr}`;
  }
}

/** The Nacre packages that one declares, and those that they declare. */
function nacreBelow(one: Package): Package[] {
  const direct = packages.filter(({ name }) => one.dependencies.includes(name));
  return [...new Set([...direct, ...direct.flatMap(nacreBelow)])];
}

function projectOf(one: Package): string {
  return join(folder, one.folder);
}

function exampleOf(one: Package): string | undefined {
  const path = join(root, one.folder, "README.md");
  return existsSync(path)
    ? /^```js\n([^]*?)^```/m.exec(readFileSync(path, "utf8"))?.[1]
    : undefined;
}

async function node(args: readonly string[], cwd: string): Promise<string> {
  // Killed for good: a server told to end would do so and look as if it had ended by itself.
  const limits = { timeout: 15_000, killSignal: "SIGKILL" } as const;
  const { stdout } = await execute(process.execPath, args, { cwd, ...limits });
  return stdout;
}
