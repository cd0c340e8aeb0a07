import { editedInstances, type Instance } from "@nacre/core";
import { describe, expect, it } from "vitest";

const cause = { kind: "operator", detail: "" } as const;

function instanceAt(ip: string): Instance {
  return {
    instanceId: `${ip}#`,
    ip,
    port: 8080,
    weight: 1,
    healthy: true,
    enabled: true,
    ephemeral: true,
    clusterName: "DEFAULT",
    metadata: {},
    app: "DEFAULT",
    marked: false,
    version: 0,
  };
}

describe("editedInstances", () => {
  const [a, b, c] = [instanceAt("a"), instanceAt("b"), instanceAt("c")];

  it("adds, replaces and removes, and keeps the order of the others", () => {
    const before = Object.freeze([a, b]);
    const sick = { ...a, healthy: false };
    expect(editedInstances(before, [{ after: c, cause }])).toEqual([a, b, c]);
    expect(editedInstances(before, [{ before: a, after: sick, cause }])).toEqual([sick, b]);
    expect(editedInstances(before, [{ before: a, cause }])).toEqual([b]);
    expect(
      editedInstances(before, [
        { before: b, cause },
        { before: a, after: sick, cause },
        { after: c, cause },
      ]),
    ).toEqual([sick, c]);
  });

  it("makes many changes in one pass, with the same outcome as one by one", () => {
    const instances = Array.from({ length: 50 }, (_, index) => instanceAt(`host-${index}`));
    const changes = instances.map((before, index) => ({
      before: index % 7 === 0 ? { ...before } : before,
      after: index % 3 === 0 ? undefined : { ...before, weight: index },
      cause: { kind: "updated", detail: "" } as const,
    }));
    const added = { after: instanceAt("new"), cause: { kind: "registered", detail: "" } as const };
    const all = [added, ...changes.slice(10)];

    const oneByOne = all.reduce<readonly Instance[]>(
      (standing, change) => editedInstances(standing, [change]),
      instances,
    );
    const byIp = (a: Instance, b: Instance) => (a.ip < b.ip ? -1 : 1);
    expect(editedInstances(instances, all).toSorted(byIp)).toEqual(oneByOne.toSorted(byIp));
    expect(editedInstances(instances, [])).toBe(instances);
  });

  it("finds an instance by its address when what stands is a copy", () => {
    const copies = [{ ...a }, { ...b }];
    expect(editedInstances(copies, [{ before: b, cause }])).toEqual([a]);
    const sick = { ...a, healthy: false };
    expect(editedInstances(copies, [{ before: a, after: sick, cause }])).toEqual([sick, b]);
  });

  it("removes nothing that is not there", () => {
    expect(editedInstances([a], [{ before: b, cause }])).toEqual([a]);
    expect(
      editedInstances(
        [a],
        [
          { before: b, cause },
          { before: c, cause },
        ],
      ),
    ).toEqual([a]);
  });

  it("adds what was to replace something that is not there", () => {
    const changes = [b, c].map((before) => ({ before, after: { ...before, weight: 2 }, cause }));
    const after = changes.map((change) => change.after);
    expect(editedInstances([a], changes.slice(0, 1))).toEqual([a, after[0]]);
    expect(editedInstances([a], changes)).toEqual([a, ...after]);
  });

  it("makes one change after another of the same instance", () => {
    const sick = { ...a, healthy: false };
    const changes = [
      { before: a, after: sick, cause },
      { before: sick, after: { ...sick, weight: 2 }, cause },
    ];
    expect(editedInstances([a, b], changes)).toEqual([{ ...sick, weight: 2 }, b]);
  });
});
