// SPDX-License-Identifier: Apache-2.0
/** Packets with numbers through a datapath, from one dummy port to another: which were lost, which
 * came out of order within their flow. */
import type { Dpif } from "../../src/dpif/dpif.js";
import { udpFrame } from "../dpif/packets.js";

const NUMBER_AT = 44;
const FRAME_BYTES = 64;
const PER_TURN = 64;
/** Fewer than a dummy device's ring holds: what is lost is the switch's fault. */
const OUTSTANDING_MAX = 1000;

export class NumberedStream {
  sent = 0;
  received = 0;
  reordered = 0;
  private readonly next: number[];
  private sending = false;

  constructor(
    private readonly dpif: Dpif,
    private readonly from: number,
    private readonly to: number,
    private readonly flows = 8,
  ) {
    this.next = Array.from({ length: flows }, () => -1);
  }

  start(): void {
    this.sending = true;
    this.turn();
  }

  /** Resolves when nothing more can come; what has not come by then is lost. */
  async stop(): Promise<number> {
    this.sending = false;
    await this.dpif.settled();
    for (let quiet = 0; quiet < 20 && this.received < this.sent; quiet++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      if (this.collect() > 0) quiet = 0;
    }
    return this.sent - this.received;
  }

  private turn(): void {
    this.collect();
    for (let i = 0; i < PER_TURN && this.sent - this.received < OUTSTANDING_MAX; i++) {
      const frame = udpFrame(1000 + (this.sent % this.flows), FRAME_BYTES);
      new DataView(frame.buffer, frame.byteOffset).setUint32(NUMBER_AT, this.sent);
      if (!this.dpif.dummyReceive(this.from, frame)) break;
      this.sent++;
    }
    // Not at once: a packet now and then keeps the device's ring from running dry for long.
    if (this.sending) setTimeout(() => this.turn(), 1);
  }

  private collect(): number {
    const frames = this.dpif.dummyTransmitted(this.to);
    for (const frame of frames) {
      const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
      const number = view.getUint32(NUMBER_AT);
      const flow = number % this.flows;
      if (number < this.next[flow]!) this.reordered++;
      this.next[flow] = number;
    }
    this.received += frames.length;
    return frames.length;
  }
}
