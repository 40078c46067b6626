// SPDX-License-Identifier: Apache-2.0
/** Guests and the switch die and come back, in every order; traffic comes back by itself. */
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { guestImage } from "../../src/guests/kernel.js";
import { QemuGuest } from "../../src/guests/qemu-guest.js";
import { makeTempDir, ROOT, removeDir, run, until } from "../harness/processes.js";
import { Switch } from "../harness/switch.js";

/** All 20 of the acceptance list when POLLUX_RESTARTS says so; a few otherwise. */
const ROUNDS = Number(process.env.POLLUX_RESTARTS ?? 3);

const dir = makeTempDir();
const image = guestImage(join(ROOT, ".cache/guest"));
const guests: QemuGuest[] = [];
let sw: Switch;

function bootGuest(index: number): Promise<QemuGuest> {
  const socket = join(dir, `vm${index}.sock`);
  return QemuGuest.start(image, [{ socket, mac: `52:54:00:00:00:0${index + 1}`, server: true }]);
}

async function configure(guest: QemuGuest, index: number): Promise<void> {
  await guest.run(`ip addr add 10.0.0.${index + 1}/24 dev eth0; ip link set eth0 up`);
}

async function pingWorks(): Promise<void> {
  await until(
    "the guests to reach each other",
    async () => {
      const { output } = await guests[0]!.run("ping -c 1 -W 1 10.0.0.2");
      return output.includes("1 packets received");
    },
    30_000,
  );
}

/** The whole database without what changes by running: uuids, counters, status. */
async function configuration(): Promise<string> {
  const text = await run("ovs-vsctl", ["show"], { env: sw.env });
  const flows = await sw.vsctl("-f", "csv", "--columns=name,type,options", "list", "Interface");
  return text.stdout + flows.stdout;
}

beforeAll(async () => {
  sw = await Switch.start({
    dir,
    otherConfig: { "dpdk-init": "true", "pmd-cpu-mask": "0x2" },
  });
  await sw.must("ovs-vsctl", "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev");
  for (const index of [0, 1]) {
    await sw.must(
      ...["ovs-vsctl", "add-port", "br0", `vm${index}`, "--", "set", "Interface", `vm${index}`],
      ...["type=dpdkvhostuserclient", `options:vhost-server-path=${join(dir, `vm${index}.sock`)}`],
    );
  }
  guests.push(...(await Promise.all([bootGuest(0), bootGuest(1)])));
  for (const [index, guest] of guests.entries()) await configure(guest, index);
  await pingWorks();
}, 300_000);

afterAll(async () => {
  for (const guest of guests) await guest.kill();
  await sw?.stop();
  removeDir(dir);
});

it(`a guest killed and started again, ${ROUNDS} times`, async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const index = round % 2;
    await guests[index]!.kill();
    guests[index] = await bootGuest(index);
    await configure(guests[index], index);
    await pingWorks();
  }
}, 900_000);

it(`the switch killed and started again under running guests, ${ROUNDS} times`, async () => {
  const before = await configuration();
  for (let round = 0; round < ROUNDS; round++) {
    await sw.kill();
    sw = await Switch.start({ dir });
    await pingWorks();
    expect(await configuration()).toBe(before);
  }
}, 900_000);
