// Datagrams that a Nacos 1.4.1 server pushed, recorded.
// `text` is what a datagram says, decompressed.

/** A recorded datagram. */
export interface RecordedDatagram {
  readonly what: string;
  readonly bytes: number;
  readonly text: string;
}

export const recordedDatagrams: readonly RecordedDatagram[] = [
  {
    what: "the last instance is gone",
    bytes: 326,
    text: '{"type":"dom","data":"{\\"dom\\":\\"DEFAULT_GROUP@@udp-java-empty\\",\\"name\\":\\"DEFAULT_GROUP@@udp-java-empty\\",\\"cacheMillis\\":10000,\\"lastRefTime\\":1795348883380,\\"checksum\\":\\"61e37b85002d792e4954736a47f10273\\",\\"useSpecifiedURL\\":false,\\"clusters\\":\\"\\",\\"env\\":\\"\\",\\"hosts\\":[],\\"metadata\\":{}}","lastRefTime":6962759676025}',
  },
  {
    what: "two instances, bare names",
    bytes: 846,
    text: '{"type":"dom","data":"{\\"hosts\\":[{\\"ip\\":\\"1.1.1.1\\",\\"port\\":80,\\"valid\\":true,\\"healthy\\":true,\\"marked\\":false,\\"instanceId\\":\\"1.1.1.1#80#DEFAULT#DEFAULT_GROUP@@udp-go-ack\\",\\"metadata\\":{},\\"enabled\\":true,\\"weight\\":1.0,\\"clusterName\\":\\"DEFAULT\\",\\"serviceName\\":\\"udp-go-ack\\",\\"ephemeral\\":true},{\\"ip\\":\\"2.2.2.2\\",\\"port\\":80,\\"valid\\":true,\\"healthy\\":true,\\"marked\\":false,\\"instanceId\\":\\"2.2.2.2#80#DEFAULT#DEFAULT_GROUP@@udp-go-ack\\",\\"metadata\\":{},\\"enabled\\":true,\\"weight\\":1.0,\\"clusterName\\":\\"DEFAULT\\",\\"serviceName\\":\\"udp-go-ack\\",\\"ephemeral\\":true}],\\"dom\\":\\"udp-go-ack\\",\\"name\\":\\"DEFAULT_GROUP@@udp-go-ack\\",\\"cacheMillis\\":10000,\\"lastRefTime\\":1795348883367,\\"checksum\\":\\"b4eaec57fa34154766126cfc032ca827\\",\\"useSpecifiedURL\\":false,\\"clusters\\":\\"\\",\\"env\\":\\"\\",\\"metadata\\":{}}","lastRefTime":6962747531148}',
  },
  {
    what: "one cluster, grouped names",
    bytes: 910,
    text: '{"type":"dom","data":"{\\"hosts\\":[{\\"ip\\":\\"2.2.2.2\\",\\"port\\":80,\\"valid\\":true,\\"healthy\\":true,\\"marked\\":false,\\"instanceId\\":\\"2.2.2.2#80#B#DEFAULT_GROUP@@udp-java-clusters\\",\\"metadata\\":{},\\"enabled\\":true,\\"weight\\":1.0,\\"clusterName\\":\\"B\\",\\"serviceName\\":\\"DEFAULT_GROUP@@udp-java-clusters\\",\\"ephemeral\\":true},{\\"ip\\":\\"1.1.1.1\\",\\"port\\":80,\\"valid\\":true,\\"healthy\\":true,\\"marked\\":false,\\"instanceId\\":\\"1.1.1.1#80#B#DEFAULT_GROUP@@udp-java-clusters\\",\\"metadata\\":{},\\"enabled\\":true,\\"weight\\":1.0,\\"clusterName\\":\\"B\\",\\"serviceName\\":\\"DEFAULT_GROUP@@udp-java-clusters\\",\\"ephemeral\\":true}],\\"dom\\":\\"DEFAULT_GROUP@@udp-java-clusters\\",\\"name\\":\\"DEFAULT_GROUP@@udp-java-clusters\\",\\"cacheMillis\\":10000,\\"lastRefTime\\":1795348883375,\\"checksum\\":\\"272c9d1fc29db171c1e9765d9104a29d\\",\\"useSpecifiedURL\\":false,\\"clusters\\":\\"B\\",\\"env\\":\\"\\",\\"metadata\\":{}}","lastRefTime":6962755992783}',
  },
];
