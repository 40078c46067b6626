// SPDX-License-Identifier: Apache-2.0
/**
 * What `--enable-dummy` changes about ports, as in the stock daemon: which types are devices
 * without hardware, and how those are addressed and numbered, so that tests can foresee both.
 */

/** Dummy devices next to the others, instead of every other type, or instead of "system". */
export type DummyLevel = "normal" | "override" | "system";

const DUMMY_TYPES = ["dummy", "dummy-internal", "dummy-pmd"];
/** What is no device of the machine stays what it is. */
const NEVER_REPLACED = ["patch"];
/** Numbers of bridges' local ports start here. */
const BRIDGE_PORTS = 100;

export function isDummyType(type: string): boolean {
  return DUMMY_TYPES.includes(type);
}

export class DummyNetdevs {
  private readonly addresses = new Map<string, string>();
  /** The first address is the datapath's own. */
  private nextAddress = 1;

  constructor(private readonly level: DummyLevel) {}

  /** The type that a device of the configured `type` has. */
  typeOf(type: string): string {
    return type === "internal" ? "dummy-internal" : type;
  }

  /** Whether devices of this type are dummies. */
  replaces(type: string): boolean {
    if (isDummyType(type)) return true;
    if (this.level === "system") return type === "system";
    return this.level === "override" && !NEVER_REPLACED.includes(type);
  }

  /** The device's address, `aa:55:aa:55:00:01` and on in the order of opening. */
  addressOf(name: string): string {
    let address = this.addresses.get(name);
    if (address === undefined) {
      const hex = (n: number) => (n & 0xff).toString(16).padStart(2, "0");
      const n = this.nextAddress++;
      address = `aa:55:aa:55:${hex(n >> 8)}:${hex(n)}`;
      this.addresses.set(name, address);
    }
    return address;
  }

  /** The device is closed; the next one of its name is another. */
  forget(name: string): void {
    this.addresses.delete(name);
  }

  /** The datapath port number that the name asks for: `p7` for 7, `br0` for 100. */
  portNumber(name: string): number | undefined {
    const digits = /\d+/.exec(name)?.[0];
    if (digits === undefined) return undefined;
    // 0 is the datapath itself.
    return (name.startsWith("br") ? BRIDGE_PORTS : 0) + Number(digits) || undefined;
  }
}
