import { ServiceIndex } from "@nacre/naming";
import { describe, expect, it } from "vitest";

function indexWith(...names: readonly string[]) {
  const index = new ServiceIndex({ servicesMax: 10 });
  for (const name of names) index.ensure("public", name);
  return index;
}

const namesIn = (index: ServiceIndex, namespaceId = "public") =>
  index.sorted(namespaceId).map(({ name }) => name);

describe("ServiceIndex", () => {
  it("makes a service once per namespace", () => {
    const index = indexWith("g@@a");
    expect(index.ensure("public", "g@@a")).toBe(index.get("public", "g@@a"));
    expect(index.ensure("other", "g@@a")).not.toBe(index.get("public", "g@@a"));
    expect([index.size, [...index.all()].length]).toEqual([2, 2]);
  });

  it("finds nothing that was not made", () => {
    const index = indexWith("g@@a");
    for (const name of ["g@@b", "__proto__", "constructor"]) {
      expect(index.get("public", name)).toBeUndefined();
      expect(index.get(name, "g@@a")).toBeUndefined();
      expect(index.sorted(name)).toEqual([]);
    }
  });

  it("sorts by UTF-16 code units", () => {
    const index = indexWith("g@@b", "g@@a", "g@@B", "A@@z", "g@@a.1", "g@@a-1");
    expect(namesIn(index)).toEqual(["A@@z", "g@@B", "g@@a", "g@@a-1", "g@@a.1", "g@@b"]);
  });

  it("sorts once until a service comes or goes", () => {
    const index = indexWith("g@@b", "g@@a");
    const sorted = index.sorted("public");
    index.ensure("public", "g@@a");
    index.ensure("other", "g@@c");
    expect(index.sorted("public")).toBe(sorted);
    const added = index.ensure("public", "g@@aa");
    expect(namesIn(index)).toEqual(["g@@a", "g@@aa", "g@@b"]);
    index.delete(added);
    expect(namesIn(index)).toEqual(["g@@a", "g@@b"]);
  });

  it("deletes a service once", () => {
    const index = indexWith("g@@a");
    const service = index.ensure("public", "g@@a");
    index.delete(service);
    index.delete(service);
    expect([index.size, index.get("public", "g@@a"), namesIn(index)]).toEqual([0, undefined, []]);
    expect(index.ensure("public", "g@@a")).not.toBe(service);
    expect(index.size).toBe(1);
  });

  it("lets services be deleted while it lists them all", () => {
    const index = indexWith("g@@a", "g@@b", "g@@c");
    index.ensure("other", "g@@d");
    for (const service of index.all()) index.delete(service);
    expect([index.size, [...index.all()]]).toEqual([0, []]);
  });

  it.each(["a b", "a/b@@c", "中文", "", "a#b", "a##b"])("refuses the name %j", (name) => {
    const index = indexWith();
    expect(() => index.ensure("public", name)).toThrow(
      expect.objectContaining({
        code: "INVALID_NAME",
        message: `dom name can only have these characters: 0-9a-zA-Z-._:, current: ${name}`,
      }),
    );
    expect(index.size).toBe(0);
  });

  it.each(["", "a\nb", "\0", "a\u0085b", "n".repeat(4_096)])(
    "refuses the namespace %.20j, which no peer would take",
    (namespaceId) => {
      const index = indexWith();
      expect(() => index.ensure(namespaceId, "g@@a")).toThrow(
        expect.objectContaining({ code: "INVALID_NAME" }),
      );
      expect([index.size, index.mayHave(namespaceId, "g@@a")]).toEqual([0, false]);
    },
  );

  it("takes any other text for a namespace", () => {
    const index = indexWith();
    for (const namespaceId of ["中文", " a/b ", "a##b", "__proto__"]) {
      expect(index.mayHave(namespaceId, "g@@a")).toBe(true);
      expect(index.ensure(namespaceId, "g@@a").namespaceId).toBe(namespaceId);
    }
  });

  it("says of a new service whose it is, and counts ours", () => {
    const index = new ServiceIndex({ servicesMax: 10, isOurs: (name) => name === "g@@a" });
    for (const name of ["g@@a", "g@@b", "g@@c"]) index.ensure("public", name);
    expect([...index.all()].map(({ isOurs }) => isOurs)).toEqual([true, false, false]);
    expect(index.ourSize).toBe(1);
    expect(indexWith("g@@a", "g@@b").ourSize).toBe(2);
  });

  it("holds no more than it may, over all namespaces", () => {
    const index = new ServiceIndex({ servicesMax: 2 });
    const first = index.ensure("a", "g@@a");
    index.ensure("b", "g@@a");
    expect([index.mayHave("c", "g@@a"), index.mayHave("a", "g@@a")]).toEqual([false, true]);
    expect(() => index.ensure("c", "g@@a")).toThrow(
      expect.objectContaining({ code: "LIMIT_REACHED", status: 503 }),
    );
    expect(index.ensure("a", "g@@a")).toBe(first);
    index.delete(first);
    index.ensure("c", "g@@a");
    expect(index.size).toBe(2);
  });
});
