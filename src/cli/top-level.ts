// SPDX-License-Identifier: Apache-2.0
/** `pollux` without a subcommand that it knows: help, version, and what was probably meant. */
import { Command } from "commander";

const EPILOGUE = `
Examples:
  pollux switchd --pidfile --log-file      run the switch with its own database
  pollux vsctl add-br br0 -- set Bridge br0 datapath_type=netdev
  pollux vsctl show
  pollux ofctl dump-flows br0
  pollux appctl dpif-netdev/pmd-stats-show
  pollux top                               what its threads do, live and an hour back
  pollux rxq plan --assign group           which core would poll which queue
  pollux doctor                            what is wrong, and what to do

The subcommands take the arguments of ovs-vswitchd(8), ovs-vsctl(8), ovs-ofctl(8) and
ovs-appctl(8); "pollux SUBCOMMAND --help" explains them. Linked under the name of a stock tool
(ovs-vsctl, ovs-ofctl, ovs-appctl), pollux is that tool.

Environment (defaults in parentheses):
  OVS_RUNDIR      sockets and pid files      (/var/run/openvswitch)
  OVS_LOGDIR      log files                  (/var/log/openvswitch)
  OVS_DBDIR       the embedded database      (/etc/openvswitch)
  OVS_SYSCONFDIR  configuration              (/etc)
  OVS_CTL_TIMEOUT seconds until vsctl gives up (0: never)
`;

/** Parses `args`, of which the first is not a known subcommand, and prints what fits. */
export async function topLevelMain(
  args: readonly string[],
  subcommands: Readonly<Record<string, string>>,
  version: string,
): Promise<void> {
  const program = new Command("pollux")
    .description("A poll-mode userspace switch for hosts that run virtual machines.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this")
    .helpCommand(false)
    .usage("SUBCOMMAND [ARG...]")
    .addHelpText("after", EPILOGUE)
    .showSuggestionAfterError();
  for (const [name, description] of Object.entries(subcommands)) {
    program.command(name).description(description).helpOption(false);
  }
  if (args.length === 0) {
    program.outputHelp({ error: true });
    process.exitCode = 1;
    return;
  }
  await program.parseAsync([...args], { from: "user" });
}
