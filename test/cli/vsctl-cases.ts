// SPDX-License-Identifier: Apache-2.0
/**
 * Command lines for the stock tool and ours, run in order; words are separated by spaces, quotes
 * as in a shell. What each must do is what the stock tool does.
 */
export const VSCTL_CASES = `
--foo list-br
--d list-br
--no-wait=3 list-br
--db
-t
-x list-br
--column
--if-exist
--no- list-br
-f foo list bridge
-d foo list bridge
-t x list-br
-t -1 list-br
list-br
init
list-br
show
foo
add-br
add-br a b c d
add-br a b c -d
-- -- list-br
--
-- --may-exist
list-br --foo
--may-exist list-br
--may-exist=3 add-br x
--id create bridge name=x
--may-exist --may-exist add-br x
-- --may-exist --may-exist add-br x
add-br br0
add-br br0
--may-exist add-br br0
add-br br0 -- foo
br-exists br0
br-exists br1
br-exists br1 -- list-br
add-br br1 br0
add-br br1 br0 4096
add-br br1 br0 -1
add-br br1 nobr 10
add-br br1 br0 10
add-br br2 br0 10
add-br br2 br1 11
--may-exist add-br br1
--may-exist add-br br0 br1 3
--may-exist add-br br1 br0 11
--may-exist add-br br1 nobr 10
--may-exist add-br br1 br0 10
add-br br3 -- add-br br4
list-br
--real list-br
--fake list-br
--real --fake list-br
br-to-vlan br0
br-to-vlan br1
br-to-vlan nobr
br-to-parent br0
br-to-parent br1
br-to-parent nobr
br-set-external-id br0 a b
br-set-external-id br0 c "d e"
br-set-external-id br1 a fake
br-get-external-id br0
br-get-external-id br0 a
br-get-external-id br0 zz
br-get-external-id br1
br-get-external-id br1 a
br-set-external-id br0 a
br-get-external-id br0
br-set-external-id nobr a b
add-port br0 p1
add-port br0 p1
add-port br0 br3
add-port br3 p1
--may-exist add-port br0 p1
--may-exist add-port br3 p1
--may-exist add-port br0 p1 tag=5
add-port br0 p2 tag=5 trunks=1,2,3
add-port br0 p3 tag=4097
add-port br0 p3 tag=x
add-port br0 p3 foo=x
add-port br0 p3 tag
add-port br0 p3 tag=
add-port br0 p3 other_config:a=b "external_ids:c=d e"
add-port br1 p4
add-port nobr p5
get Port p4 tag
list-ports br0
list-ports br1
list-ports br3
list-ports nobr
list-ifaces br0
list-ifaces br1
add-bond br0 bond0 e1
add-bond br0 bond0 e1 e2
add-bond br0 bond0 e1 a=b
add-bond br0 bond0 e3 e4
--may-exist add-bond br0 bond0 e2 e1
--may-exist add-bond br0 bond0 e1 e2 e3
--may-exist add-bond br3 bond0 e1 e2
--fake-iface add-bond br3 bond1 e5 e6 e7 bond_mode=active-backup
add-bond br3 bond2 e5 e8
add-bond br3 bond2 p1 e8
add-bond br3 bond2 e8 e8
list-ifaces br3
list-ports br3
add-bond-iface bond0 e9
add-bond-iface bond0 e9
--may-exist add-bond-iface bond0 e9
--may-exist add-bond-iface bond1 e9
add-bond-iface nobond e10
del-bond-iface e9
del-bond-iface bond0 e5
del-bond-iface nobond e5
del-bond-iface noiface
--if-exists del-bond-iface noiface
del-bond-iface bond0 e1
del-bond-iface e2
port-to-br p1
port-to-br p4
port-to-br br0
port-to-br nop
iface-to-br e5
iface-to-br br0
iface-to-br nope
del-port p1
del-port p1
--if-exists del-port p1
del-port br0
--if-exists del-port br0
del-port br3 p2
del-port br0 p4
del-port br1 p2
--with-iface del-port e5
--with-iface del-port nope
--if-exists --with-iface del-port nope
del-port br1 p4
del-port a b c
get-controller br0
set-controller br0 tcp:127.0.0.1:6653
set-controller br0 tcp:127.0.0.1 ssl:1.2.3.4:5
get-controller br0
get-controller br1
set-controller br1 tcp:1.1.1.1
set-controller br0 foo
--inactivity-probe=5000 set-controller br0 tcp:1.2.3.4
--inactivity-probe=x set-controller br0 tcp:1.2.3.4
get Controller br0 inactivity_probe
get Controller br0 target inactivity_probe max_backoff
del-controller br1
del-controller br0
del-controller br0
get-controller nobr
get-fail-mode br0
set-fail-mode br0 foo
set-fail-mode br0 secure
get-fail-mode br0
get-fail-mode br1
del-fail-mode br0
get-fail-mode br0
set-fail-mode br1 secure
get-manager
set-manager ptcp:6640 tcp:1.2.3.4:6640
get-manager
set-manager ptcp:6640 ptcp:6640
--inactivity-probe=3000 set-manager ptcp:6640
get-manager
list Manager
show
get-ssl
set-ssl a b c
get-ssl
--bootstrap set-ssl a b c
get-ssl
show
del-ssl
get-ssl
del-ssl
add-aa-mapping br0 1 2
add-aa-mapping br0 3 4
get-aa-mapping br0
get-aa-mapping br3
del-aa-mapping br0 1 2
get-aa-mapping br0
add-aa-mapping br0 x 4
add-zone-tp netdev zone=1 icmp_first=1
del-zone-tp netdev zone=1
list-zone-tp netdev
list-dp-cap netdev
create Datapath datapath_version=foo
-- --id=@d create Datapath datapath_version=v -- set Open_vSwitch . datapaths:netdev=@d
add-zone-tp netdev zone=1 icmp_first=1 icmp_reply=2
add-zone-tp netdev zone=1 icmp_first=3
--may-exist add-zone-tp netdev zone=1 icmp_first=3
add-zone-tp netdev zone=2
add-zone-tp netdev zone=3 foo
add-zone-tp netdev zone=4 icmp_first=x tcp_close
add-zone-tp netdev zone=70000 icmp_first=3
add-zone-tp netdev zone=5 icmp_first=3 icmp_first=4
list-zone-tp netdev
del-zone-tp netdev zone=7
--if-exists del-zone-tp netdev zone=7
del-zone-tp netdev zone=1
list-zone-tp netdev
set Datapath . capabilities:x=y
list-dp-cap netdev
list-dp-cap foo
list Bridge br0
list bridge br0
list br br0
list b br0
list foo
list o
list c
list Q
list "" br0
list Bridge nobr
--if-exists list Bridge nobr
--columns=name list Bridge br0
--columns=name,_uuid list Bridge br0
--columns=na list Bridge br0
--columns=s list Bridge br0
--columns=zz list Bridge br0
--columns= list Bridge br0
"--columns=name, ports" list Bridge br0
-f table --columns=name,fail_mode list Bridge br0
-f list --columns=name,fail_mode list Bridge br0 br3
-f html list Bridge br0
-f csv --columns=name,external_ids,ports list Bridge br0
-f json --columns=name,external_ids,ports list Bridge br0
-f json --pretty --columns=name,external_ids,ports list Bridge br0
-f table --no-headings --columns=name,fail_mode list Bridge br0
-f list --no-headings --columns=name,fail_mode list Bridge br0
-f csv --no-headings --columns=name,fail_mode list Bridge br0
-f html --no-headings --columns=name,fail_mode list Bridge br0
-f table -d bare --columns=name,external_ids,ports list Bridge br0
-f table -d json --columns=name,external_ids,ports list Bridge br0
--bare --columns=name,external_ids,ports list Bridge br0 br3
-f table --max-column-width=5 --columns=name,external_ids,ports list Bridge br0
-f table --max-column-width=5 --no-headings --columns=name,external_ids,ports list Bridge br0
-f table --columns=name list Bridge br0 -- --columns=name list Port p2
-f csv --columns=name list Bridge br0 -- --columns=name list Port p2
--columns=name list Bridge br0 -- --columns=name list Port p2
-f json --columns=name list Bridge br0 -- --columns=name list Port p2
-f table list NetFlow
list NetFlow
-f csv list NetFlow
-f html list NetFlow
-f json list NetFlow
--oneline list-br
--oneline get Bridge br0 name -- list-br -- init
--oneline br-set-external-id br3 k "a\\\\b"
--oneline br-get-external-id br3
get Bridge br0 name
get Bridge br0 _uuid -- get Bridge br0 -uuid
get Bridge br0 NAME
get Bridge br0 fail-mode
get Bridge br0 external_ids
get Bridge br0 external_ids:c
get Bridge br0 external_ids:"c"
get Bridge br0 external_ids:zz
--if-exists get Bridge br0 external_ids:zz
get Bridge br0 name:x
get Bridge br0 zz
get Bridge br0 s
get Bridge br0 name=x
get Bridge br0 :x
get Bridge br0 ""
get Bridge br0
get Bridge nobr
--if-exists get Bridge nobr name
--id=@x get Bridge br0 name
--id=x get Bridge br0 name
--id=@x --if-exists get Bridge br0 name
-- --id=@x get Bridge br0 -- --id=@x get Bridge br0
get Open_vSwitch . ovs_version
get Open_vSwitch . next_cfg
get Open_vSwitch foo
get Interface p2 ofport type options
get Port p2 tag trunks
set Bridge br0 fail_mode=secure
set Bridge br0 fail_mode=foo
set Bridge br0 fail_mode=
set Bridge br0 fail_mode=[]
set Bridge br0 fail_mode
set Bridge br0 name=x
set Bridge br0 datapath_type=netdev stp_enable=true
set Bridge br0 stp_enable=yes
set Bridge br0 stp_enable=foo
get Bridge br0 stp_enable
set Bridge br0 other_config:a=b other_config:c=d
set Bridge br0 other_config:a=c
set Bridge br0 other-config={x=y,z=w}
set Bridge br0 other-config=x=y,z=w
get Bridge br0 other_config
set Bridge br0 'other_config="a b"="c d"'
get Bridge br0 other_config
set Bridge br0 other_config={x=y
set Bridge br0 other_config={x=y}z
set Bridge br0 other_config=x
set Bridge br0 other_config=x=y,x=z
set Bridge br0 other_config:x
set Bridge br0 other_config:x=
set Bridge br0 'other_config:x=""'
set Bridge br0 'other_config:x="a'
set Bridge br0 'other_config:x="a\\q"'
set Bridge br0 'other_config:x="tab\\tx\\u0041"'
set Bridge br0 other_config:x=1.2.3.4
set Bridge br0 other_config:x=true other_config:y=00:11:22:33:44:55
set Bridge br0 other_config:x=f81d4fae-7dec-11d0-a765-00a0c91e6bf6
get Bridge br0 other_config
set Bridge br0 'other_config:x=a\\'
set Bridge br0 flood_vlans=1,2,5
set Bridge br0 flood_vlans=[1,2,5]
set Bridge br0 flood_vlans=1-4
get Bridge br0 flood_vlans
set Bridge br0 flood_vlans=4-1
set Bridge br0 flood_vlans=0-5000
set Bridge br0 flood_vlans=1-
set Bridge br0 flood_vlans=1,1
set Bridge br0 flood_vlans=-1
set Bridge br0 flood_vlans=5000
set Bridge br0 flood_vlans=1,,2
set Bridge br0 flood_vlans=,1
set Bridge br0 "flood_vlans=1 2 3"
set Bridge br0 flood_vlans=[1
set Bridge br0 flood_vlans=1]
set Bridge br0 flood_vlans=99999999999999999999
set Bridge br0 flood_vlans=0x10
set Bridge br0 datapath_id=[]
set Bridge br0 ports=foo
set Bridge br0 ports=[]
set Bridge br0 ports=f81d4fae-7dec-11d0-a765-00a0c91e6bf6
set Bridge br0 controller=@x
set Bridge nobr name=x
--if-exists set Bridge nobr name=x
set Bridge br0
set Bridge br0 name:x=y
set Interface p2 type=dummy options:a=b mtu_request=9000
set Interface p2 mtu_request=1
get Interface p2 mtu_request
set Interface p2 external-ids:iface-id=foo -- get Interface p2 external-ids:iface-id
set Open_vSwitch . other_config:pmd-cpu-mask=0x6
set Open . other_config:pmd-cpu-mask=6
get Open . other_config:pmd-cpu-mask
add Bridge br0 flood_vlans 7
add Bridge br0 flood_vlans 7 8
add Bridge br0 flood_vlans 9-11
add Bridge br0 fail_mode standalone
add Bridge br0 other_config k=v
add Bridge br0 other_config x=other
add Bridge br0 other_config k
add Bridge br0 name y
add Bridge br0 foo y
add Bridge nobr flood_vlans 1
--if-exists add Bridge nobr flood_vlans 1
add Bridge br0 flood_vlans []
get Bridge br0 flood_vlans other_config
remove Bridge br0 flood_vlans 7
remove Bridge br0 flood_vlans 99
remove Bridge br0 other_config k
remove Bridge br0 other_config x=zz
remove Bridge br0 other_config x=true
remove Bridge br0 other_config a,y
remove Bridge br0 name br0
remove Bridge br0 fail_mode secure
remove Bridge br0 other_config "{"
get Bridge br0 flood_vlans other_config fail_mode
clear Bridge br0 flood_vlans
clear Bridge br0 name
clear Bridge br0 other_config external_ids
clear Bridge br0 foo
clear Bridge nobr flood_vlans
--if-exists clear Bridge nobr flood_vlans
create Bridge name=x
create QoS type=linux-htb
-- --id=@q create QoS type=linux-htb other-config:max-rate=100 queues=0=@q0,1=@q1 -- --id=@q0 create Queue other-config:min-rate=1 -- --id=@q1 create Queue other-config:min-rate=2 -- set Port p2 qos=@q
list QoS p2
get QoS p2 queues:5
clear Port p2 qos -- --all destroy QoS -- --all destroy Queue
-- --id=@m create Mirror name=m0 -- set Bridge br0 mirrors=@m
-- --id=@m create Mirror name=m0 -- add Bridge br0 mirrors @m
-- --id=@m create Mirror name=m1 select_all=true -- add Bridge br0 mirrors @m
list Mirror m0 m1
-- --id=@n create NetFlow targets="1.2.3.4:5" -- set Bridge br0 netflow=@n
-- --id=@n create NetFlow 'targets="1.2.3.4:5"' -- set Bridge br0 netflow=@n
list NetFlow br0
-- --id=@s create sFlow 'targets="1.2.3.4:5"' agent=eth0 -- set Bridge br0 sflow=@s
get sFlow br0 agent
-- --id=@i create IPFIX 'targets="1.2.3.4:5"' -- set Bridge br0 ipfix=@i
get IPFIX br0 targets
-- --id=@c create Controller 'target="tcp:1.2.3.4"' -- set Bridge br3 controller=@c
get Controller br3 target
create Flow_Sample_Collector_Set id=10
-- --id=@b get Bridge br0 -- --id=@i create IPFIX 'targets="1.2.3.4:5"' -- create Flow_Sample_Collector_Set id=1 bridge=@b ipfix=@i
get Flow_Sample_Collector_Set 1 id
set Bridge br3 controller=@x
-- --id=@x create Controller 'target="tcp:1.2.3.4"' -- --id=@x create Controller 'target="tcp:1.2.3.4"'
-- --id=x create Controller 'target="tcp:1.2.3.4"'
-- --id=@x create Controller 'target="tcp:1.2.3.4"'
create foo a=b
create Bridge foo=b
create Bridge
destroy Bridge nobr
--if-exists destroy Bridge nobr
--all destroy Bridge br0
--all --if-exists destroy Mirror
destroy Mirror m0
clear Bridge br0 mirrors -- --all destroy Mirror
destroy Port p2
destroy foo bar
find Bridge name=br0
--columns=name find Bridge name=br0
--columns=name find Bridge name!=zz fail_mode=secure
--columns=name find Port tag=5
--columns=name find Port tag!=5
--columns=name find Port tag<6
--columns=name find Port tag>4
--columns=name find Port tag<=5
--columns=name find Port tag>=6
--columns=name find Port trunks=1,2,3
--columns=name find Port "trunks{=}1,2,3"
--columns=name find Port "trunks{<=}1,2,3,4" trunks!=[]
--columns=name find Port "trunks{<}1,2,3"
--columns=name find Port "trunks{>}1,2"
--columns=name find Port "trunks{>=}1"
--columns=name find Port "trunks{!=}[]"
--columns=name find Port "trunks{in}1,2,3" trunks!=[]
--columns=name find Port "trunks{not-in}1,2,3"
--columns=name find Port other_config:a=b
--columns=name find Port other_config:a!=b
--columns=name find Port "other_config:a{=}[]" name=p2
--columns=name find Port "other_config:a{<=}b" name=p2
--columns=name find Port name:a=b
--columns=name find Port tag
--columns=name find Port tag=
--columns=name find Port tag~5
--columns=name find Port zz=5
--columns=name find Port tag=x
find foo
find Port "tag
find NetFlow
-t 1 wait-until Bridge br0 name=br0
-t 1 wait-until Bridge br0
-t 1 wait-until Bridge br0 zz=3
-t 1 wait-until Bridge br0 name:a=3
comment a b c
comment a -- set Bridge br3 fail_mode=secure
--dry-run add-br brdry
br-exists brdry
--dry-run -- --id=@q create QoS type=linux-htb -- list-br
set Bridge br3 fail_mode=secure
add-br "br 5"
list-br
show
del-br "br 5"
add-port br0 12345
add-port br0 -- list-br
add-port br0 veth0.10 -- set Interface veth0.10 type=internal
show
list-ports br0 -- list-ifaces br0 -- list-br
del-br nobr
--if-exists del-br nobr
add-br br9 -- del-br br9
add-br br9 -- add-port br9 px -- del-port px -- list-ports br9
add-br br8 br0 55 -- add-port br8 p55 -- list-ports br8 -- port-to-br p55 -- del-br br8 -- list-br
add-port br3 q1 -- get Interface q1 name -- destroy Interface q1 -- get Interface q1 name
add-port br3 q2 -- --columns=name list Port q2
del-br br1
--all destroy Flow_Sample_Collector_Set
del-br br0 -- list-br
emer-reset
show
del-br br3 -- del-br br4
del-br br9
list-br
show
`;

/** Splits a line into words as a shell does: single and double quotes, backslash. */
export function shellWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let i = 0; i < line.length; i++) {
    const c = line[i]!;
    if (quote === "'" && c !== "'") word += c;
    else if (c === "\\" && quote !== "'" && (quote === "" || /[\\"]/.test(line[i + 1] ?? "")))
      word = (word ?? "") + line[++i]!;
    else if (quote === c) quote = "";
    else if (quote === "" && (c === '"' || c === "'")) {
      quote = c;
      word ??= "";
    } else if (c === " " && quote === "") {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + c;
  }
  if (word !== undefined) words.push(word);
  return words;
}
