import type { DatagramSocketOptions, OpenDatagramSocket } from "@nacre/transport-udp";
import { gunzipSync } from "node:zlib";

/** A datagram that was sent. */
export interface Sent {
  readonly family: "udp4" | "udp6";
  readonly bytes: Uint8Array;
  readonly address: string;
  readonly port: number;
  readonly lastRefTime: number;
  /** The view it carries. */
  readonly text: string;
}

/** Stands in for the sockets of a machine: keeps what is sent, and lets a test answer. */
export class FakeNetwork {
  readonly sent: Sent[] = [];
  readonly opened: DatagramSocketOptions[] = [];
  closedCount = 0;

  /** What the next sends are told. */
  sendError: Error | null = null;

  /** What the next binds reject with. */
  openError: Error | undefined;

  readonly open: OpenDatagramSocket = async (options) => {
    if (this.openError !== undefined) throw this.openError;
    this.opened.push(options);
    return {
      port: 7_000 + this.opened.length,
      send: (bytes, port, address, onSent) => {
        this.sent.push({ family: options.family, bytes, address, port, ...contentOf(bytes) });
        onSent(this.sendError);
      },
      close: async () => {
        this.closedCount++;
      },
    };
  };

  /** A datagram arrives. */
  receive(content: string | Uint8Array, address: string, port: number, family = "udp4"): void {
    const bytes = typeof content === "string" ? Buffer.from(content) : content;
    this.opened.find((options) => options.family === family)?.onMessage(bytes, address, port);
  }

  /** The receiver of a datagram acknowledges it, from where it was sent to. */
  ack({ address, port, family, lastRefTime }: Sent): void {
    const ack = { type: "push-ack", lastRefTime: `${lastRefTime}`, data: "" };
    this.receive(JSON.stringify(ack), address, port, family);
  }

  /** What was sent since the last call. */
  takeSent(): Sent[] {
    return this.sent.splice(0);
  }
}

function contentOf(bytes: Uint8Array): { readonly lastRefTime: number; readonly text: string } {
  const json = bytes[0] === 0x1f ? gunzipSync(bytes) : Buffer.from(bytes);
  const { data, lastRefTime } = JSON.parse(json.toString()) as {
    readonly data: string;
    readonly lastRefTime: number;
  };
  return { lastRefTime, text: data };
}
