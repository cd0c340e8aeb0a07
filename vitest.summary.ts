import type { Reporter, SerializedError, TestModule, TestSuite } from "vitest/node";

/**
 * Prints one line when a project's tests have ended: `tests of core: 12 passed, 0 failed, 1 skipped`.
 * `npm test` adds these lines up, also when they come from a cache.
 */
export class SummaryReporter implements Reporter {
  readonly #project: string;

  constructor(project: string) {
    this.#project = project;
  }

  onTestRunEnd(
    modules: readonly TestModule[],
    unhandled: readonly SerializedError[],
    reason: "passed" | "interrupted" | "failed",
  ): void {
    const count = { passed: 0, failed: unhandled.length, skipped: 0 };
    for (const module of modules) {
      count.failed += brokenIn(module);
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        count[state === "pending" ? "failed" : state] += 1; // never ran to its end
      }
    }
    // Whatever else made the run fail, such as a missed coverage goal.
    if (reason !== "passed" && count.failed === 0) count.failed = 1;
    const { passed, failed, skipped } = count;
    console.log(
      `tests of ${this.#project}: ${passed} passed, ${failed} failed, ${skipped} skipped`,
    );
  }
}

/** How many suites broke outside of their tests: on import, in a hook. */
function brokenIn(module: TestModule): number {
  const suites: (TestModule | TestSuite)[] = [module, ...module.children.allSuites()];
  return suites.filter((suite) => suite.errors().length > 0).length;
}
