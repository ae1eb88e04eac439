#!/bin/bash
# TLV as nDPI reads it: field numbers, totals that are called so, the process on the side where it is.
. "$(dirname "$0")/../e2e/lib.sh"
. "$root/tests/client/ntopng-lib.sh"

make_link rs0 0
id=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
cat >"$work/in" <<END
{"event":"connect","local_ip":"10.1.1.1","local_port":58916,"remote_ip":"10.1.1.13","remote_port":10054,"protocol":6,"timestamp":1557135868956,"ts_us":1557135868956831,"if_name":"cbr0","direction":"out","ip_version":4,"latency_us":354,"pid":29730,"tid":0,"uid":0,"gid":0,"user":"root","comm":"kubelet","exe":"/snap/kubelet","ppid":1,"parent_comm":"systemd","parent_exe":"/lib/systemd/systemd","cpu":0,"seq":0}
{"event":"close","local_ip":"fd09::1","local_port":443,"remote_ip":"fd09::2","remote_port":50000,"protocol":6,"timestamp":1795258222666,"ts_us":1795258222666129,"direction":"in","ip_version":6,"duration_us":5000000,"tx_bytes":5000000000,"rx_bytes":255,"tx_packets":65536,"rx_packets":256,"retransmits":3,"rtt_us":1,"pid":7,"tid":8,"uid":33,"gid":33,"user":"www-data","comm":"nginx","container_id":"$id","cpu":0,"seq":1}
{"event":"icmp","src_ip":"10.9.0.2","dst_ip":"10.9.0.1","icmp_type":0,"icmp_code":0,"timestamp":1795258222879,"ts_us":1795258222879318,"if_name":"eth0","direction":"in","ip_version":4,"length":84,"pid":9,"uid":0,"comm":"ping","cpu":0,"seq":2}
{"event":"udp_send","local_ip":"10.9.0.1","local_port":5000,"remote_ip":"10.9.0.2","remote_port":53,"protocol":17,"timestamp":1795258222667,"ts_us":1795258222667633,"direction":"out","ip_version":4,"packets":3,"bytes":120,"cpu":0,"seq":3}
END
start_receiver "$work/out" 'tcp://*:1234c'
start_exporter -z tcp://127.0.0.1:1234c --format tlv
cat "$work/in" >&"$lines"
wait_for 10 flows "$work/out" 4
end_exporter
stop_receiver "$work/out"

nth() {
	equal "flow $1" "$(jq -cS . <<<"$2")" "$(jq -cS 'select(.topic == "flow").payload[0]' "$work/out" | sed -n "$1p")"
}
nth 1 '{"60":4,"4":6,"8":"10.1.1.1","12":"10.1.1.13","7":58916,"11":10054,"22":1557135868,"21":1557135868,"57596":0.17700000107288361,
	"57640":29730,"57641":"/snap/kubelet","57897":0,"57844":"root","57845":1,"57846":"/lib/systemd/systemd","TCP_EVENT_TYPE":"CONNECT","IF_NAME":"cbr0","130":"10.9.0.1"}'
nth 2 "{\"60\":6,\"4\":6,\"27\":\"fd09::2\",\"28\":\"fd09::1\",\"7\":50000,\"11\":443,\"22\":1795258217,\"21\":1795258222,\"231\":255,\"298\":256,\"232\":5000000000,\"299\":65536,
	\"57582\":3,\"57847\":7,\"57848\":\"nginx\",\"57898\":33,\"57849\":\"www-data\",\"58031\":\"$id\",\"TCP_EVENT_TYPE\":\"CLOSE\",\"130\":\"10.9.0.1\"}"
nth 3 '{"60":4,"4":1,"8":"10.9.0.2","12":"10.9.0.1","7":0,"11":0,"22":1795258222,"21":1795258222,"1":84,"2":1,"32":0,
	"57847":9,"57848":"ping","57898":0,"57849":"root","IF_NAME":"eth0","130":"10.9.0.1"}'
nth 4 '{"60":4,"4":17,"8":"10.9.0.1","12":"10.9.0.2","7":5000,"11":53,"22":1795258222,"21":1795258222,"231":120,"298":3,"UDP_EVENT_TYPE":"SEND","130":"10.9.0.1"}'
equal "header of flows" '[3,true]' "$(jq -c 'select(.topic == "flow") | [.version, .tlv]' "$work/out" | sort -u)"
# what is not a flow stays JSON
equal "header of the others" '[2,false]' "$(jq -c 'select(.topic != "flow") | [.version, .tlv]' "$work/out" | sort -u | grep . || echo '[2,false]')"
