#!/bin/bash
# The event that ntopng's documentation shows comes out key by key; every kind of record as it should be, in JSON.
. "$(dirname "$0")/../e2e/lib.sh"
. "$root/tests/client/ntopng-lib.sh"

make_link rs0 0
ip addr flush dev rs0
ip addr add 192.168.2.131/24 dev rs0 # the sample's exporter
cat >"$work/in" <<'END'
{"event":"connect","local_ip":"10.1.1.1","local_port":58916,"remote_ip":"10.1.1.13","remote_port":10054,"protocol":6,"timestamp":1557135868956,"ts_us":1557135868956831,"if_name":"cbr0","direction":"out","ip_version":4,"latency_us":177,"netns":4026532179,"attribution":"context","pid":29730,"tid":0,"uid":0,"gid":0,"user":"root","comm":"kubelet","exe":"/snap/microk8s/522/kubelet","ppid":1,"parent_comm":"systemd","parent_exe":"/lib/systemd/systemd","cpu":0,"seq":0}
{"event":"accept","local_ip":"fd09::1","local_port":443,"remote_ip":"fd09::2","remote_port":50000,"protocol":6,"timestamp":1795258222666,"ts_us":1795258222666129,"direction":"in","ip_version":6,"pid":7,"tid":8,"uid":33,"gid":33,"user":"www-data","comm":"nginx","container_id":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","container_runtime":"docker","container_name":"web","cpu":0,"seq":1}
{"event":"close","local_ip":"10.9.0.1","local_port":50056,"remote_ip":"10.9.0.2","remote_port":80,"protocol":6,"timestamp":1795258222667,"ts_us":1795258222667633,"if_name":"eth0","direction":"out","ip_version":4,"duration_us":2001504,"tx_bytes":72,"rx_bytes":1092,"tx_packets":6,"rx_packets":5,"retransmits":1,"rtt_us":55,"cpu":0,"seq":2}
{"event":"retransmit","local_ip":"10.9.0.1","local_port":50056,"remote_ip":"10.9.0.2","remote_port":80,"protocol":6,"timestamp":1795258222667,"ts_us":1795258222667633,"ip_version":4,"retransmits":3,"rtt_us":1055,"cpu":0,"seq":3}
{"event":"connect_failed","local_ip":"10.9.0.1","local_port":50057,"remote_ip":"10.9.0.2","remote_port":81,"protocol":6,"timestamp":1795258222667,"ts_us":1795258222667633,"direction":"out","ip_version":4,"latency_us":88,"error":"ECONNREFUSED","cpu":0,"seq":4}
{"event":"udp_send","local_ip":"10.9.0.1","local_port":5000,"remote_ip":"10.9.0.2","remote_port":53,"protocol":17,"timestamp":1795258222667,"ts_us":1795258222667633,"direction":"out","ip_version":4,"packets":3,"bytes":120,"pid":9,"tid":9,"uid":65534,"gid":65534,"user":"nobody","comm":"dig","container_id":"abc","pod_uid":"1-2","container_name":"c","pod":"p","namespace":"n","cpu":0,"seq":5}
{"event":"udp_recv","local_ip":"10.9.0.1","local_port":5000,"remote_ip":"10.9.0.2","remote_port":53,"protocol":17,"timestamp":1795258222667,"ts_us":1795258222667633,"direction":"in","ip_version":4,"packets":2,"bytes":512,"cpu":0,"seq":6}
{"event":"flow","local_ip":"10.9.0.1","local_port":80,"remote_ip":"10.9.0.2","remote_port":40000,"protocol":6,"timestamp":1795258222667,"ts_us":1795258222667633,"direction":"in","ip_version":4,"duration_us":10000000,"tx_bytes":5000000000,"rx_bytes":10,"tx_packets":4000000,"rx_packets":9,"retransmits":0,"rtt_us":1,"cpu":0,"seq":7}
{"event":"icmp","src_ip":"10.9.0.1","dst_ip":"10.9.0.2","icmp_type":8,"icmp_code":0,"timestamp":1795258222879,"ts_us":1795258222879318,"if_name":"eth0","direction":"out","ip_version":4,"length":84,"ttl":64,"icmp_id":93,"icmp_seq":2,"pid":11739,"uid":0,"gid":0,"user":"root","comm":"ping","exe":"/usr/bin/ping","cpu":0,"seq":8}
{"event":"icmp","src_ip":"fd09::2","dst_ip":"fd09::1","icmp_type":129,"icmp_code":0,"timestamp":1795258222879,"ts_us":1795258222879318,"if_name":"eth0","direction":"in","ip_version":6,"length":104,"ttl":64,"cpu":0,"seq":9}
{"event":"udp_recv","local_ip":"10.9.0.1","local_port":5000,"protocol":17,"timestamp":1795258222667,"ts_us":1795258222667633,"ip_version":4,"packets":1,"bytes":5,"cpu":0,"seq":10}
{"event":"stats","source":"flows","written":10,"delivered":10,"lost":0}
{"event":"lost","source":"flows","timestamp":1795258222667,"count":5,"cpu":0}
{"event":"something that will be invented","pid":1}
END
start_receiver "$work/out" tcp://*:1234c
start_exporter -z tcp://127.0.0.1:1234c
cat "$work/in" >&"$lines"
wait_for 10 flows "$work/out" 10
end_exporter
stop_receiver "$work/out"

# nth NUMBER FILTER: of that flow's payload
nth() {
	jq -c 'select(.topic == "flow").payload' "$work/out" | sed -n "$1p" | jq -c "$2"
}
# The sample, but for what records do not say of a parent: its user and group.
sample='{"timestamp":"1557135868.956831","TID":0,"LOCAL_PROCESS":{"PID":29730,"UID":0,"GID":0,"GID_NAME":"root","PROCESS_PATH":"/snap/microk8s/522/kubelet"},"LOCAL_FATHER_PROCESS":{"PID":1,"PROCESS_PATH":"/lib/systemd/systemd"},"TCP_EVENT_TYPE":"CONNECT","IF_NAME":"cbr0","IP_PROTOCOL_VERSION":4,"PROTOCOL":6,"NW_LATENCY_MS":0.177,"L4_LOCAL_PORT":58916,"L4_REMOTE_PORT":10054,"IPV4_LOCAL_ADDR":"10.1.1.1","IPV4_REMOTE_ADDR":"10.1.1.13","EXPORTER_IPV4_ADDRESS":"192.168.2.131"}'
equal "the sample" "$sample" "$(nth 1 'del(.SERVER_NW_LATENCY_MS, .SRC_PROC_PID, .SRC_PROC_NAME, .SRC_PROC_UID, .SRC_PROC_USER_NAME,
	.SRC_FATHER_PROC_PID, .SRC_FATHER_PROC_NAME, .LOCAL_PROCESS.UID_NAME, .LOCAL_PROCESS.TID)')"
equal "what later versions read" '[0.088,29730,"/snap/microk8s/522/kubelet",0,"root",1,"/lib/systemd/systemd"]' \
	"$(nth 1 '[.SERVER_NW_LATENCY_MS, .SRC_PROC_PID, .SRC_PROC_NAME, .SRC_PROC_UID, .SRC_PROC_USER_NAME, .SRC_FATHER_PROC_PID, .SRC_FATHER_PROC_NAME]')"
equal "an accepted connection" '["ACCEPT","fd09::2","fd09::1",50000,443,7,"nginx","0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","web",null]' \
	"$(nth 2 '[.TCP_EVENT_TYPE, .IPV6_SRC_ADDR, .IPV6_DST_ADDR, .L4_SRC_PORT, .L4_DST_PORT, .DST_PROC_PID, .LOCAL_PROCESS.PROCESS_PATH, .LOCAL_CONTAINER.ID, .LOCAL_CONTAINER.DOCKER.NAME, .IF_NAME]')"
equal "a close" '["CLOSE",{"SEGS_IN":5,"SEGS_OUT":6,"RETRAN_PKTS":1,"RTT":0.055,"BYTES_RCVD":1092,"BYTES_ACKED":72},72,6,1092,5,1795258220,1795258222]' \
	"$(nth 3 '[.TCP_EVENT_TYPE, .TCP, .IN_BYTES, .IN_PKTS, .OUT_BYTES, .OUT_PKTS, .FIRST_SWITCHED, .LAST_SWITCHED]')"
equal "a retransmission" '["RETRANSMIT",{"RETRAN_PKTS":3,"RTT":1.055}]' "$(nth 4 '[.TCP_EVENT_TYPE, .TCP]')"
equal "a refused connect" '["CONNECT_FAILED",0.088,null]' "$(nth 5 '[.TCP_EVENT_TYPE, .NW_LATENCY_MS, .SERVER_NW_LATENCY_MS]')"
equal "UDP sent, in a pod" '["SEND",120,3,null,17,{"ID":"abc","K8S":{"ID":"abc","NAME":"c","POD":"p","NS":"n"}},"nogroup"]' \
	"$(nth 6 '[.UDP_EVENT_TYPE, .IN_BYTES, .IN_PKTS, .OUT_BYTES, .PROTOCOL, .LOCAL_CONTAINER, .LOCAL_PROCESS.GID_NAME]')"
equal "UDP received" '["RECV",null,512,2]' "$(nth 7 '[.UDP_EVENT_TYPE, .IN_BYTES, .OUT_BYTES, .OUT_PKTS]')"
equal "a connection that goes on" '[null,5000000000,10,80,40000]' \
	"$(nth 8 '[.TCP_EVENT_TYPE, .TCP.BYTES_ACKED, .TCP.BYTES_RCVD, .L4_LOCAL_PORT, .L4_REMOTE_PORT]')"
equal "an echo request" '[1,2048,84,1,"10.9.0.1","10.9.0.2",11739]' \
	"$(nth 9 '[.PROTOCOL, .ICMP_TYPE, .IN_BYTES, .IN_PKTS, .IPV4_SRC_ADDR, .IPV4_DST_ADDR, .SRC_PROC_PID]')"
equal "an echo reply" '[58,33024,"fd09::2","fd09::1"]' "$(nth 10 '[.PROTOCOL, .ICMP_TYPE, .IPV6_SRC_ADDR, .IPV6_DST_ADDR]')"
equal "header" '[2,false,0]' "$(head -n 1 "$work/out" | jq -c '[.version, .tlv, .source]')"
equal "account" "10 0 0 3 5" "$(account flows) $(account dropped) $(account bad) $(account other) $(account lost)"
equal "numbers that are missing" 0 "$(jq .missing "$work/out.account")"
