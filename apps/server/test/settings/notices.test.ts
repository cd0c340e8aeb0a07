import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
// Internal to the application: it exports nothing.
import { loadSettings } from "../../src/settings/load-settings.ts";

function noticesOf(text: string, environment: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), "nacre-notices-"));
  try {
    writeFileSync(join(folder, "x.properties"), text);
    return loadSettings({ flags: { config: "x.properties" }, environment, folder }).notices;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const unknown = "some settings are unknown and have no effect";
const idle = "some settings of Nacos have no effect in this version";

// Every property that the file of Nacos 1.4.1 sets or shows in a comment.
const shippedProperties = `
server.servlet.contextPath=/nacos
server.port=8848
nacos.inetutils.prefer-hostname-over-ip=false
nacos.inetutils.ip-address=
spring.datasource.platform=mysql
db.num=1
db.url.0=jdbc:mysql://127.0.0.1:3306/nacos?characterEncoding=utf8&useSSL=false
db.user.0=nacos
db.password.0=nacos
db.pool.config.connectionTimeout=30000
db.pool.config.validationTimeout=10000
db.pool.config.maximumPoolSize=20
db.pool.config.minimumIdle=2
nacos.naming.distro.taskDispatchPeriod=200
nacos.naming.distro.batchSyncKeyCount=1000
nacos.naming.distro.syncRetryDelay=5000
nacos.naming.data.warmup=true
nacos.naming.expireInstance=true
nacos.naming.empty-service.auto-clean=true
nacos.naming.empty-service.clean.initial-delay-ms=50000
nacos.naming.empty-service.clean.period-time-ms=30000
nacos.cmdb.dumpTaskInterval=3600
nacos.cmdb.eventTaskInterval=10
nacos.cmdb.labelTaskInterval=300
nacos.cmdb.loadDataAtStart=false
management.endpoints.web.exposure.include=*
management.metrics.export.elastic.enabled=false
management.metrics.export.elastic.host=http://localhost:9200
management.metrics.export.influx.enabled=false
management.metrics.export.influx.db=springboot
server.tomcat.accesslog.enabled=true
server.tomcat.accesslog.pattern=%h %l %u %t "%r" %s %b %D %{User-Agent}i %{Request-Source}i
server.tomcat.basedir=
spring.security.enabled=false
nacos.security.ignore.urls=/,/error,/**/*.css,/**/*.js,/v1/auth/**,/actuator/**
nacos.core.auth.system.type=nacos
nacos.core.auth.enabled=false
nacos.core.auth.default.token.expire.seconds=18000
nacos.core.auth.default.token.secret.key=SecretKey
nacos.core.auth.caching.enabled=true
nacos.core.auth.enable.userAgentAuthWhite=false
nacos.core.auth.server.identity.key=serverIdentity
nacos.core.auth.server.identity.value=security
nacos.istio.mcp.server.enabled=false
nacos.core.snowflake.worker-id=
nacos.core.member.meta.site=
nacos.core.member.lookup.type=file
nacos.member.list=
nacos.core.address-server.retry=5
address.server.domain=jmenv.tbsite.net
address.server.port=8080
address.server.url=/nacos/serverlist
nacos.core.protocol.raft.data.election_timeout_ms=5000
nacos.core.protocol.raft.data.read_index_type=ReadOnlySafe
nacos.core.protocol.distro.data.verify_interval_ms=5000
`;

describe("the notices about settings", () => {
  it("call nothing unknown in the file that comes with Nacos", () => {
    const notices = noticesOf(shippedProperties);
    expect(notices.map(({ message }) => message)).not.toContain(unknown);
    expect(notices).toContainEqual(expect.objectContaining({ level: "info", message: idle }));
  });

  it("call nothing unknown that the official image sets", () => {
    const notices = noticesOf("", {
      MODE: "standalone",
      PREFER_HOST_MODE: "hostname",
      SPRING_DATASOURCE_PLATFORM: "mysql",
      MYSQL_SERVICE_HOST: "db",
      JVM_XMS: "1g",
      JVM_MMS: "320m",
      EMBEDDED_STORAGE: "embedded",
      NACOS_AUTH_TOKEN: "secret",
      NACOS_USER: "nacos",
      PATH: "/bin",
    });
    expect(notices[0]).toEqual({
      level: "info",
      message: idle,
      fields: {
        reasons: {
          "a member is told its address, or finds it in the list of members": ["PREFER_HOST_MODE"],
          "nothing is kept in a database": [
            "SPRING_DATASOURCE_PLATFORM",
            "MYSQL_SERVICE_HOST",
            "EMBEDDED_STORAGE",
          ],
          "there is no Java virtual machine, Spring or Tomcat here": ["JVM_XMS", "JVM_MMS"],
          "this version has no accounts": ["NACOS_AUTH_TOKEN", "NACOS_USER"],
        },
      },
    });
    expect(JSON.stringify(notices)).not.toContain("secret");
  });

  it("name everything unknown in one warning, with what was probably meant", () => {
    const notices = noticesOf("server.prot=1\nserver.address=::1\nabc=2", { NACRE_PROT: "1" });
    expect(notices).toEqual([
      {
        level: "warn",
        message: unknown,
        fields: {
          file: "x.properties",
          properties: ["server.prot (meant: server.port?)", "abc"],
          variables: ["NACRE_PROT (meant: NACRE_PORT?)"],
        },
      },
    ]);
  });

  it("warn when encryption was asked for", () => {
    const notices = noticesOf("server.address=::1\nserver.ssl.key-store=x");
    expect(notices).toEqual([expect.objectContaining({ level: "warn", message: idle })]);
  });

  it("warn who comes from Nacos that only this machine reaches the member", () => {
    const message = "only this machine can reach a standalone member unless an address is set";
    expect(noticesOf("")).toContainEqual(expect.objectContaining({ message }));
    expect(noticesOf("server.address=0.0.0.0")).toEqual([]);
  });
});
