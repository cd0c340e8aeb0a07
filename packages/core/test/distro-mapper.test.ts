import { readFileSync } from "node:fs";
import { distroHash, DistroMapper, isHealthyMember, type Member } from "@nacre/core";
import { SeededRandom } from "@nacre/core/testing";
import { describe, expect, it } from "vitest";

interface HashVector {
  readonly serviceName: string;
  readonly distroHash: number;
  readonly index: Readonly<Record<string, number>>;
  readonly mapSrv: Readonly<Record<string, string>>;
}

const vectorsUrl = new URL("../../../test/interop/recordings/vectors.json", import.meta.url);
const { distro, serverLists, mapperSpecial } = JSON.parse(readFileSync(vectorsUrl, "utf8")) as {
  readonly distro: readonly HashVector[];
  readonly serverLists: readonly (readonly string[])[];
  readonly mapperSpecial: Readonly<Record<string, string | boolean>>;
};

const self = "10.0.0.9:8848";
const others = serverLists[3] ?? [];
const name = "DEFAULT_GROUP@@nacos.test.1";

describe("distroHash", () => {
  it.each(distro)("is that of Java: $serviceName", ({ serviceName, distroHash: hash }) => {
    expect(distroHash(serviceName)).toBe(hash);
  });
});

describe("DistroMapper", () => {
  const random = new SeededRandom(3);
  const cases = distro.flatMap((vector) =>
    serverLists.map((addresses, at) => ({ ...vector, addresses, list: `list${at}` })),
  );

  it.each(cases)("places $serviceName in $list as Java does", (vector) => {
    const { serviceName, addresses, list } = vector;
    const place = vector.index[list] ?? -1;
    for (const member of addresses) {
      const mapper = new DistroMapper({ self: member, addresses: random.shuffled(addresses) });
      expect(mapper.addresses).toEqual(addresses);
      expect(mapper.memberFor(serviceName)).toBe(vector.mapSrv[list]);
      expect(mapper.isResponsible(serviceName)).toBe(addresses[place] === member);
    }
  });

  it("claims everything when others do not list it", () => {
    const mapper = new DistroMapper({ self, addresses: others });
    expect(mapper.isResponsible(name)).toBe(mapperSpecial["selfNotInList.responsible"]);
    expect(mapper.memberFor(name)).toBe(mapperSpecial["selfNotInList.mapSrv"]);
  });

  it("claims nothing when it knows no member", () => {
    const mapper = new DistroMapper({ self, addresses: [] });
    expect(mapper.isResponsible(name)).toBe(mapperSpecial["emptyList.responsible"]);
    expect(mapper.memberFor(name)).toBe(mapperSpecial["emptyList.mapSrv"]);
  });

  it("claims everything when it is alone", () => {
    const empty = new DistroMapper({ self, addresses: [], isAlone: true });
    expect(empty.isResponsible(name)).toBe(mapperSpecial["emptyList.standalone.responsible"]);
    const disabled = new DistroMapper({ self, addresses: others, isAlone: true });
    expect(disabled.isResponsible(name)).toBe(mapperSpecial["distroDisabled.responsible"]);
    expect(disabled.memberFor(name)).toBe(mapperSpecial["distroDisabled.mapSrv"]);
  });

  it("counts members that are up or suspicious", () => {
    const states = ["DOWN", "SUSPICIOUS", "UP"] as const;
    const members = states.map((state, at) => ({ address: `10.0.0.${at + 1}:8848`, state }));
    const addresses = members
      .filter((member) => isHealthyMember(member as Member))
      .map(({ address }) => address);
    const mapper = new DistroMapper({ self, addresses });
    expect(`[${mapper.addresses.join(", ")}]`).toBe(mapperSpecial["states"]);
  });

  it("counts a member once", () => {
    const twice = [...others, ...others];
    expect(new DistroMapper({ self, addresses: twice }).addresses).toEqual(others);
  });

  it("gives every name to exactly one member of one list", () => {
    const addresses = serverLists[2] ?? [];
    const mappers = addresses.map((member) => new DistroMapper({ self: member, addresses }));
    for (let at = 0; at < 500; at++) {
      const service = `g@@s-${random.below(2 ** 31)}`;
      expect(mappers.filter((mapper) => mapper.isResponsible(service))).toHaveLength(1);
    }
  });
});
