// SPDX-License-Identifier: Apache-2.0
/**
 * A Linux kernel and an initramfs for throw-away guests, made from Debian's packages and cached:
 * the cloud kernel (extracted, never installed on the host), busybox, and the virtio-net modules.
 */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

/** In the order in which they must be loaded. */
const MODULES = [
  "virtio_ring",
  "virtio",
  "virtio_pci_modern_dev",
  "virtio_pci_legacy_dev",
  "virtio_pci",
  "failover",
  "net_failover",
  "virtio_net",
];

const INIT = `#!/bin/sh
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs dev /dev
echo 1 > /proc/sys/kernel/printk
for m in ${MODULES.join(" ")}; do insmod /modules/$m.ko; done
ip link set lo up
stty -echo
echo POLLUX-GUEST-READY
exec setsid cttyhack sh
`;

export interface GuestImage {
  readonly kernel: string;
  readonly initrd: string;
}

/** Returns the image in `cacheDir`, making it first if it is not there. Needs the Debian packages
 * `busybox-static`, `cpio`, `kmod` and a package source for the kernel. */
export function guestImage(cacheDir: string): GuestImage {
  const image = { kernel: join(cacheDir, "vmlinuz"), initrd: join(cacheDir, "initrd.cpio.gz") };
  if (existsSync(image.kernel) && existsSync(image.initrd)) return image;
  mkdirSync(cacheDir, { recursive: true });
  const work = mkdtempSync(join(tmpdir(), "pollux-guest-"));
  try {
    const kernelTree = extractKernel(work);
    const release = readdirSync(join(kernelTree, "lib/modules"))[0]!;
    makeInitrd(work, join(kernelTree, "lib/modules", release), image.initrd);
    copyFileSync(join(kernelTree, "boot", `vmlinuz-${release}`), `${image.kernel}.new`);
    renameSync(`${image.kernel}.new`, image.kernel);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return image;
}

/** The meta-package only names the versioned kernel package it depends on. */
function kernelPackage(): string {
  const show = () =>
    execFileSync("apt-cache", ["depends", "linux-image-cloud-amd64"], { encoding: "utf8" });
  let match = /Depends: (linux-image-\S+-cloud-amd64)/.exec(show());
  if (!match) {
    execFileSync("apt-get", ["update", "-q"]);
    match = /Depends: (linux-image-\S+-cloud-amd64)/.exec(show());
  }
  if (!match) throw new Error("linux-image-cloud-amd64 is not in any package source");
  return match[1]!;
}

function extractKernel(work: string): string {
  execFileSync("apt-get", ["download", "-q", "-o", "APT::Sandbox::User=root", kernelPackage()], {
    cwd: work,
    stdio: "ignore",
  });
  const archive = readdirSync(work).find((name) => name.endsWith(".deb"))!;
  const tree = join(work, "kernel");
  execFileSync("dpkg", ["-x", join(work, archive), tree]);
  return tree;
}

function findModule(modulesDir: string, name: string): string {
  const wanted = new Set([`${name}.ko`, `${name}.ko.xz`]);
  const hit = readdirSync(modulesDir, { recursive: true, encoding: "utf8" }).find((path) =>
    wanted.has(basename(path)),
  );
  if (!hit) throw new Error(`the guest kernel has no module ${name}`);
  return join(modulesDir, hit);
}

function makeInitrd(work: string, modulesDir: string, output: string): void {
  const root = join(work, "root");
  for (const dir of ["bin", "modules", "proc", "sys", "dev", "tmp"]) {
    mkdirSync(join(root, dir), { recursive: true });
  }
  copyFileSync("/bin/busybox", join(root, "bin/busybox"));
  for (const tool of ["sh", "mount"]) {
    execFileSync("ln", ["-s", "/bin/busybox", join(root, "bin", tool)]);
  }
  for (const name of MODULES) {
    const from = findModule(modulesDir, name);
    const to = join(root, "modules", basename(from));
    copyFileSync(from, to);
    if (to.endsWith(".xz")) execFileSync("xz", ["-d", to]);
  }
  writeFileSync(join(root, "init"), INIT);
  chmodSync(join(root, "init"), 0o755);
  execFileSync("sh", [
    "-c",
    `cd "$0" && find . | cpio -o -H newc --quiet | gzip -1 > "$1.new" && mv "$1.new" "$1"`,
    root,
    output,
  ]);
}
