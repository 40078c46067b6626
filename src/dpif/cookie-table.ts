// SPDX-License-Identifier: Apache-2.0
/**
 * Cookies of userspace actions by number: the datapath carries a u32, the control thread keeps what
 * it means for as long as some program names it.
 */
import type { UserspaceCookie } from "../odp/actions.js";

interface Entry {
  readonly cookie: UserspaceCookie;
  readonly text: string;
  references: number;
}

export class CookieTable {
  private readonly byId = new Map<number, Entry>();
  private readonly idByText = new Map<string, number>();
  private nextId = 1;

  /** The number of `cookie`, with one more reference. Equal cookies share a number. */
  acquire(cookie: UserspaceCookie): number {
    const text = identity(cookie);
    const known = this.idByText.get(text);
    if (known !== undefined) {
      this.byId.get(known)!.references++;
      return known;
    }
    const id = this.freeId();
    this.byId.set(id, { cookie, text, references: 1 });
    this.idByText.set(text, id);
    return id;
  }

  release(id: number): void {
    const entry = this.byId.get(id);
    if (!entry) throw new Error(`cookie ${id} released too often`);
    if (--entry.references > 0) return;
    this.byId.delete(id);
    this.idByText.delete(entry.text);
  }

  get(id: number): UserspaceCookie | undefined {
    return this.byId.get(id)?.cookie;
  }

  get size(): number {
    return this.byId.size;
  }

  /** 0 means none; numbers are not reused soon, so that a late upcall finds nothing rather than
   * another's cookie. */
  private freeId(): number {
    while (this.nextId === 0 || this.byId.has(this.nextId)) this.nextId = (this.nextId + 1) >>> 0;
    const id = this.nextId;
    this.nextId = (id + 1) >>> 0;
    return id;
  }
}

function identity(cookie: UserspaceCookie): string {
  if (cookie.kind === "slow_path") return `s ${cookie.reason} ${cookie.ofpInPort}`;
  const userdata = cookie.userdata ? Buffer.from(cookie.userdata).toString("hex") : "-";
  return [
    "c",
    cookie.dontSend,
    cookie.continuation,
    cookie.reason,
    cookie.recircId,
    cookie.ruleCookie,
    cookie.controllerId,
    cookie.maxLen,
    userdata,
  ].join(" ");
}
