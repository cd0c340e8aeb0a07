import { defaultCluster, tcpHealthChecker } from "@nacre/core";
import { describe, expect, it } from "vitest";

describe("defaultCluster", () => {
  it("is what Nacos makes of a new cluster name", () => {
    expect(defaultCluster("hz-a")).toEqual({
      name: "hz-a",
      healthChecker: tcpHealthChecker,
      defaultCheckPort: 80,
      useInstancePortForCheck: true,
      metadata: {},
    });
  });
});
