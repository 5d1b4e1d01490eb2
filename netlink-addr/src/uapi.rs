//! Numbers of `include/uapi/linux/rtnetlink.h`, `if_link.h`, `if_addr.h`, `if.h`, `fib_rules.h`, `lwtunnel.h`,
//! `mpls_iptunnel.h` and `ila.h`.

pub(crate) const RTM_NEWLINK: u16 = 16;
pub(crate) const RTM_DELLINK: u16 = 17;
pub(crate) const RTM_GETLINK: u16 = 18;
pub(crate) const RTM_NEWADDR: u16 = 20;
pub(crate) const RTM_DELADDR: u16 = 21;
pub(crate) const RTM_GETADDR: u16 = 22;

pub(crate) const RTNLGRP_LINK: u32 = 1;
pub(crate) const RTNLGRP_IPV4_IFADDR: u32 = 5;
pub(crate) const RTNLGRP_IPV6_IFADDR: u32 = 9;

pub(crate) const AF_INET: u8 = 2;
pub(crate) const AF_INET6: u8 = 10;

pub(crate) const IFA_ADDRESS: u16 = 1;
pub(crate) const IFA_LOCAL: u16 = 2;
pub(crate) const IFA_LABEL: u16 = 3;
pub(crate) const IFA_BROADCAST: u16 = 4;
pub(crate) const IFA_CACHEINFO: u16 = 6;
pub(crate) const IFA_FLAGS: u16 = 8;
pub(crate) const IFA_PROTO: u16 = 11;

pub(crate) const IFLA_ADDRESS: u16 = 1;
pub(crate) const IFLA_IFNAME: u16 = 3;
pub(crate) const IFLA_MTU: u16 = 4;
pub(crate) const IFLA_LINK: u16 = 5;
pub(crate) const IFLA_MASTER: u16 = 10;
pub(crate) const IFLA_LINKINFO: u16 = 18;
pub(crate) const IFLA_AF_SPEC: u16 = 26;
pub(crate) const IFLA_GROUP: u16 = 27;
pub(crate) const IFLA_INFO_KIND: u16 = 1;
pub(crate) const IFLA_INFO_DATA: u16 = 2;
pub(crate) const IFLA_VRF_TABLE: u16 = 1;
pub(crate) const IFLA_MACVLAN_MODE: u16 = 1;
pub(crate) const IFLA_IPVLAN_MODE: u16 = 1;
pub(crate) const IFLA_IPVLAN_FLAGS: u16 = 2;
pub(crate) const IFLA_INET_CONF: u16 = 1;
pub(crate) const IFLA_INET6_ADDR_GEN_MODE: u16 = 8;
pub(crate) const IN6_ADDR_GEN_MODE_NONE: u8 = 1;

pub(crate) const IFF_UP: u32 = 0x1;
pub(crate) const IFF_RUNNING: u32 = 0x40;
pub(crate) const IFF_NOARP: u32 = 0x80;

pub(crate) const ARPHRD_ETHER: u16 = 1;

/// `struct ifaddrmsg`: family, prefix length, flags, scope, then the interface index.
pub(crate) const IFADDRMSG: usize = 8;
/// `struct ifinfomsg`: family, padding, type (16 bits), index, flags, change mask.
pub(crate) const IFINFOMSG: usize = 16;
/// IFNAMSIZ without the final zero.
pub(crate) const MAX_NAME: usize = 15;

pub(crate) const RTM_NEWROUTE: u16 = 24;
pub(crate) const RTM_DELROUTE: u16 = 25;
pub(crate) const RTM_GETROUTE: u16 = 26;

pub(crate) const RTNLGRP_IPV4_ROUTE: u32 = 7;
pub(crate) const RTNLGRP_IPV6_ROUTE: u32 = 11;

/// `struct rtmsg`: family, two lengths, TOS, table, protocol, scope, type, then 32 bits of flags.
pub(crate) const RTMSG: usize = 12;
pub(crate) const RTM_F_CLONED: u32 = 0x200;
/// `struct rtnexthop`: length, flags, weight less one, then the interface index.
pub(crate) const RTNEXTHOP: usize = 8;
pub(crate) const RTNH_F_ONLINK: u8 = 4;
/// What stands in the octet for the table when the number does not fit.
pub(crate) const RT_TABLE_COMPAT: u8 = 252;

pub(crate) const RTA_DST: u16 = 1;
pub(crate) const RTA_SRC: u16 = 2;
pub(crate) const RTA_OIF: u16 = 4;
pub(crate) const RTA_GATEWAY: u16 = 5;
pub(crate) const RTA_PRIORITY: u16 = 6;
pub(crate) const RTA_PREFSRC: u16 = 7;
pub(crate) const RTA_METRICS: u16 = 8;
pub(crate) const RTA_MULTIPATH: u16 = 9;
pub(crate) const RTA_FLOW: u16 = 11;
pub(crate) const RTA_CACHEINFO: u16 = 12;
pub(crate) const RTA_TABLE: u16 = 15;
pub(crate) const RTA_VIA: u16 = 18;
pub(crate) const RTA_PREF: u16 = 20;
pub(crate) const RTA_ENCAP_TYPE: u16 = 21;
pub(crate) const RTA_ENCAP: u16 = 22;
pub(crate) const RTA_EXPIRES: u16 = 23;
pub(crate) const RTA_TTL_PROPAGATE: u16 = 26;

pub(crate) const RTAX_LOCK: u16 = 1;
pub(crate) const RTAX_MTU: u16 = 2;
pub(crate) const RTAX_WINDOW: u16 = 3;
pub(crate) const RTAX_RTT: u16 = 4;
pub(crate) const RTAX_RTTVAR: u16 = 5;
pub(crate) const RTAX_SSTHRESH: u16 = 6;
pub(crate) const RTAX_CWND: u16 = 7;
pub(crate) const RTAX_ADVMSS: u16 = 8;
pub(crate) const RTAX_REORDERING: u16 = 9;
pub(crate) const RTAX_HOPLIMIT: u16 = 10;
pub(crate) const RTAX_INITCWND: u16 = 11;
pub(crate) const RTAX_FEATURES: u16 = 12;
pub(crate) const RTAX_RTO_MIN: u16 = 13;
pub(crate) const RTAX_INITRWND: u16 = 14;
pub(crate) const RTAX_QUICKACK: u16 = 15;
pub(crate) const RTAX_CC_ALGO: u16 = 16;
pub(crate) const RTAX_FASTOPEN_NO_COOKIE: u16 = 17;

pub(crate) const LWTUNNEL_ENCAP_MPLS: u16 = 1;
pub(crate) const LWTUNNEL_ENCAP_IP: u16 = 2;
pub(crate) const LWTUNNEL_ENCAP_ILA: u16 = 3;
pub(crate) const LWTUNNEL_ENCAP_IP6: u16 = 4;
// `LWTUNNEL_IP6_…` are the same numbers; there the TTL is the hop limit and the TOS the traffic class.
pub(crate) const LWTUNNEL_IP_ID: u16 = 1;
pub(crate) const LWTUNNEL_IP_DST: u16 = 2;
pub(crate) const LWTUNNEL_IP_SRC: u16 = 3;
pub(crate) const LWTUNNEL_IP_TTL: u16 = 4;
pub(crate) const LWTUNNEL_IP_TOS: u16 = 5;
pub(crate) const LWTUNNEL_IP_FLAGS: u16 = 6;
pub(crate) const MPLS_IPTUNNEL_DST: u16 = 1;
pub(crate) const ILA_ATTR_LOCATOR: u16 = 1;

pub(crate) const RTM_NEWRULE: u16 = 32;
pub(crate) const RTM_DELRULE: u16 = 33;
pub(crate) const RTM_GETRULE: u16 = 34;

pub(crate) const RTNLGRP_IPV4_RULE: u32 = 8;
pub(crate) const RTNLGRP_IPV6_RULE: u32 = 19;

/// `struct fib_rule_hdr`: family, two lengths, TOS, table, two reserved octets, action, then 32 bits of flags.
pub(crate) const FIB_RULE_HDR: usize = 12;
pub(crate) const FIB_RULE_INVERT: u32 = 2;
pub(crate) const FR_ACT_TO_TBL: u8 = 1;
pub(crate) const FR_ACT_GOTO: u8 = 2;
pub(crate) const FR_ACT_NOP: u8 = 3;
pub(crate) const FR_ACT_BLACKHOLE: u8 = 6;
pub(crate) const FR_ACT_UNREACHABLE: u8 = 7;
pub(crate) const FR_ACT_PROHIBIT: u8 = 8;

pub(crate) const FRA_DST: u16 = 1;
pub(crate) const FRA_SRC: u16 = 2;
pub(crate) const FRA_IIFNAME: u16 = 3;
pub(crate) const FRA_GOTO: u16 = 4;
pub(crate) const FRA_PRIORITY: u16 = 6;
pub(crate) const FRA_FWMARK: u16 = 10;
pub(crate) const FRA_FLOW: u16 = 11;
pub(crate) const FRA_TUN_ID: u16 = 12;
pub(crate) const FRA_SUPPRESS_IFGROUP: u16 = 13;
pub(crate) const FRA_SUPPRESS_PREFIXLEN: u16 = 14;
pub(crate) const FRA_TABLE: u16 = 15;
pub(crate) const FRA_FWMASK: u16 = 16;
pub(crate) const FRA_OIFNAME: u16 = 17;
pub(crate) const FRA_L3MDEV: u16 = 19;
pub(crate) const FRA_UID_RANGE: u16 = 20;
pub(crate) const FRA_PROTOCOL: u16 = 21;
pub(crate) const FRA_IP_PROTO: u16 = 22;
pub(crate) const FRA_SPORT_RANGE: u16 = 23;
pub(crate) const FRA_DPORT_RANGE: u16 = 24;
pub(crate) const FRA_DSCP: u16 = 25;
pub(crate) const FRA_FLOWLABEL: u16 = 26;
pub(crate) const FRA_FLOWLABEL_MASK: u16 = 27;
pub(crate) const FRA_SPORT_MASK: u16 = 28;
pub(crate) const FRA_DPORT_MASK: u16 = 29;
pub(crate) const FRA_DSCP_MASK: u16 = 30;
