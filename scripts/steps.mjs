import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

// What every command is made of. A step says what it does, does it, and throws if it fails.

/** The folder of the repository. */
export const root = fileURLToPath(new URL("..", import.meta.url));

/** A step that did not succeed; its output has said why. */
export class StepFailed extends Error {}

/** Says what is being done, one line a step. */
export function say(step, text) {
  console.log(`[${step}] ${text}`);
}

/** The path of a tool that the install brought. */
export function tool(name) {
  return join(root, "node_modules", ".bin", name);
}

/**
 * Says a command, runs it at the root, and throws if it fails. With `quiet` its output is shown
 * only then.
 */
export function run(step, command, args, { env = process.env, quiet = false } = {}) {
  say(step, shown(command, args));
  const stdio = quiet ? ["ignore", "pipe", "pipe"] : "inherit";
  const result = spawnSync(command, args, { cwd: root, env, stdio, encoding: "utf8" });
  if (result.status === 0) return;
  if (quiet) console.log(`${result.stdout ?? ""}${result.stderr ?? ""}`);
  const reason = result.error?.message ?? `failed (${result.signal ?? result.status})`;
  throw new StepFailed(`${step}: ${reason}`);
}

/** Installs the dependencies, unless nothing they follow from has changed since the last time. */
export function install() {
  // Inside node_modules, so that it goes when they go.
  const marker = join(root, "node_modules", ".nacre-installed");
  if (existsSync(marker) && readFileSync(marker, "utf8") === fingerprint()) {
    say("install", "nothing has changed");
    return;
  }
  rmSync(marker, { force: true });
  run("install", "npx", ["-y", pnpm(), "install"]);
  writeFileSync(marker, fingerprint()); // taken again: the install may have completed the lockfile
}

/** Compiles every package whose sources have changed. */
export function build() {
  run("build", tool("tsc"), ["-b"]);
}

/** The folders of the workspace's packages, relative to the root. */
export function packageFolders() {
  return ["packages", "apps"]
    .flatMap((parent) => readdirSync(join(root, parent)).map((name) => `${parent}/${name}`))
    .concat("test")
    .filter((folder) => existsSync(join(root, folder, "package.json")));
}

/** The manifest of the package in a folder. */
export function manifestOf(folder) {
  return JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
}

let environment;

/** The environment for tools that call `pnpm` by its name, as turbo, publint and attw do. */
export function pnpmEnvironment() {
  environment ??= { ...process.env, PATH: pathWithPnpm() };
  return environment;
}

function pathWithPnpm() {
  const args = ["-y", "-p", pnpm(), "--", "node", "-p", "process.env.PATH"];
  const { status, stdout } = spawnSync("npx", args, {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) throw new StepFailed(`npx cannot bring ${pnpm()}`);
  return stdout.trim();
}

/** The package manager and its version as the root manifest pins them, such as `pnpm@12.21.0`. */
function pnpm() {
  return manifestOf(".").packageManager;
}

/** Changes when an install could have another result. */
function fingerprint() {
  const hash = createHash("sha256");
  hash.update(`${process.platform} ${process.arch}\0`);
  const manifests = [".", ...packageFolders()].map((folder) => `${folder}/package.json`);
  for (const path of ["pnpm-lock.yaml", "pnpm-workspace.yaml", ...manifests]) {
    hash.update(`${path}\0${readFileSync(join(root, path), "utf8")}\0`);
  }
  return hash.digest("hex");
}

function shown(command, args) {
  const name =
    command === process.execPath ? "node" : relative(join(root, "node_modules/.bin"), command);
  return [name.startsWith("..") ? command : name, ...args].join(" ");
}
