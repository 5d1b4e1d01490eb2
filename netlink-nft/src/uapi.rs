//! Numbers of `include/uapi/linux/netfilter.h`, `netfilter/nfnetlink.h` and `netfilter/nf_tables.h`, and
//! of what `nft` writes for itself to read.

pub(crate) const NFNL_SUBSYS_NFTABLES: u8 = 10;

// The subsystem, then the type of the message.
pub(crate) const NFT_MSG_NEWTABLE: u16 = 0x0a00;
pub(crate) const NFT_MSG_GETTABLE: u16 = 0x0a01;
pub(crate) const NFT_MSG_DELTABLE: u16 = 0x0a02;
pub(crate) const NFT_MSG_NEWCHAIN: u16 = 0x0a03;
pub(crate) const NFT_MSG_NEWRULE: u16 = 0x0a06;
pub(crate) const NFT_MSG_NEWSET: u16 = 0x0a09;
pub(crate) const NFT_MSG_NEWSETELEM: u16 = 0x0a0c;
pub(crate) const NFT_MSG_DELSETELEM: u16 = 0x0a0e;

/// Length of `struct nfgenmsg`: family, version, then 16 bits that only transactions use.
pub(crate) const NFGENMSG: usize = 4;

pub(crate) const NFPROTO_IPV4: u8 = 2;
pub(crate) const NFPROTO_IPV6: u8 = 10;
pub(crate) const NF_INET_LOCAL_IN: u32 = 1;
pub(crate) const NF_INET_LOCAL_OUT: u32 = 3;
pub(crate) const NF_DROP: u32 = 0;
pub(crate) const NF_ACCEPT: u32 = 1;
/// `NFT_RETURN` is -5.
pub(crate) const NFT_RETURN: u32 = (-5i32).cast_unsigned();

pub(crate) const NLA_F_NESTED: u16 = 0x8000;

/// `NFTA_TABLE_NAME`, `NFTA_CHAIN_TABLE` and so on: every message names the table in its attribute 1.
pub(crate) const NFTA_TABLE: u16 = 1;
pub(crate) const NFTA_TABLE_HANDLE: u16 = 4;
pub(crate) const NFTA_TABLE_USERDATA: u16 = 6;
pub(crate) const NFTA_TABLE_OWNER: u16 = 7;
/// Without the final zero.
pub(crate) const MAX_TABLE_NAME: usize = 255;

pub(crate) const NFTA_CHAIN_NAME: u16 = 3;
pub(crate) const NFTA_CHAIN_HOOK: u16 = 4;
pub(crate) const NFTA_CHAIN_POLICY: u16 = 5;
pub(crate) const NFTA_CHAIN_TYPE: u16 = 7;
pub(crate) const NFTA_HOOK_HOOKNUM: u16 = 1;
pub(crate) const NFTA_HOOK_PRIORITY: u16 = 2;

pub(crate) const NFTA_SET_NAME: u16 = 2;
pub(crate) const NFTA_SET_FLAGS: u16 = 3;
pub(crate) const NFTA_SET_KEY_TYPE: u16 = 4;
pub(crate) const NFTA_SET_KEY_LEN: u16 = 5;
pub(crate) const NFTA_SET_DATA_TYPE: u16 = 6;
pub(crate) const NFTA_SET_DATA_LEN: u16 = 7;
pub(crate) const NFTA_SET_DESC: u16 = 9;
pub(crate) const NFTA_SET_ID: u16 = 10;
pub(crate) const NFTA_SET_USERDATA: u16 = 13;
pub(crate) const NFTA_SET_DESC_CONCAT: u16 = 2;
pub(crate) const NFTA_SET_FIELD_LEN: u16 = 1;
pub(crate) const NFT_SET_INTERVAL: u32 = 4;
pub(crate) const NFT_SET_MAP: u32 = 8;
pub(crate) const NFT_SET_CONCAT: u32 = 0x80;
pub(crate) const NFTA_SET_ELEM_LIST_SET: u16 = 2;
pub(crate) const NFTA_SET_ELEM_LIST_ELEMENTS: u16 = 3;
pub(crate) const NFTA_SET_ELEM_KEY: u16 = 1;
pub(crate) const NFTA_SET_ELEM_DATA: u16 = 2;
pub(crate) const NFTA_SET_ELEM_KEY_END: u16 = 10;

pub(crate) const NFTA_RULE_CHAIN: u16 = 2;
pub(crate) const NFTA_RULE_EXPRESSIONS: u16 = 4;

pub(crate) const NFTA_LIST_ELEM: u16 = 1;
pub(crate) const NFTA_EXPR_NAME: u16 = 1;
pub(crate) const NFTA_EXPR_DATA: u16 = 2;
pub(crate) const NFTA_DATA_VALUE: u16 = 1;
pub(crate) const NFTA_DATA_VERDICT: u16 = 2;
pub(crate) const NFTA_VERDICT_CODE: u16 = 1;

pub(crate) const NFT_REG_VERDICT: u32 = 0;
/// Registers of 16 octets, one after the other.
pub(crate) const NFT_REG_1: u32 = 1;
pub(crate) const NFT_REG_2: u32 = 2;
/// The second 4 of the 16 octets of register 1.
pub(crate) const NFT_REG32_01: u32 = 9;

pub(crate) const NFTA_IMMEDIATE_DREG: u16 = 1;
pub(crate) const NFTA_IMMEDIATE_DATA: u16 = 2;

pub(crate) const NFTA_PAYLOAD_DREG: u16 = 1;
pub(crate) const NFTA_PAYLOAD_BASE: u16 = 2;
pub(crate) const NFTA_PAYLOAD_OFFSET: u16 = 3;
pub(crate) const NFTA_PAYLOAD_LEN: u16 = 4;
pub(crate) const NFT_PAYLOAD_NETWORK_HEADER: u32 = 1;
pub(crate) const NFT_PAYLOAD_TRANSPORT_HEADER: u32 = 2;

pub(crate) const NFTA_META_DREG: u16 = 1;
pub(crate) const NFTA_META_KEY: u16 = 2;
pub(crate) const NFTA_META_SREG: u16 = 3;
pub(crate) const NFT_META_MARK: u32 = 3;
pub(crate) const NFT_META_IIF: u32 = 4;
pub(crate) const NFT_META_OIF: u32 = 5;
pub(crate) const NFT_META_IIFNAME: u32 = 6;
pub(crate) const NFT_META_OIFNAME: u32 = 7;
pub(crate) const NFT_META_L4PROTO: u32 = 16;

pub(crate) const NFTA_CMP_SREG: u16 = 1;
pub(crate) const NFTA_CMP_OP: u16 = 2;
pub(crate) const NFTA_CMP_DATA: u16 = 3;
pub(crate) const NFT_CMP_EQ: u32 = 0;
pub(crate) const NFT_CMP_LTE: u32 = 3;
pub(crate) const NFT_CMP_GTE: u32 = 5;

pub(crate) const NFTA_LOOKUP_SET: u16 = 1;
pub(crate) const NFTA_LOOKUP_SREG: u16 = 2;
pub(crate) const NFTA_LOOKUP_DREG: u16 = 3;

/// `IFNAMSIZ`, and an interface index.
pub(crate) const INTERFACE_NAME: u32 = 16;
pub(crate) const INTERFACE_INDEX: u32 = 4;

// Types of keys. The kernel passes them on; `nft` shows the set by them (`include/datatype.h` there).
pub(crate) const TYPE_IPADDR: u32 = 7;
pub(crate) const TYPE_IP6ADDR: u32 = 8;
pub(crate) const TYPE_INET_SERVICE: u32 = 13;
pub(crate) const TYPE_MARK: u32 = 19;
pub(crate) const TYPE_IFINDEX: u32 = 20;
pub(crate) const TYPE_IFNAME: u32 = 41;
/// A key of several parts has their types one after the other.
pub(crate) const TYPE_BITS: u32 = 6;

pub(crate) const IPPROTO_TCP: u8 = 6;
pub(crate) const IPPROTO_UDP: u8 = 17;
pub(crate) const IPPROTO_SCTP: u8 = 132;
pub(crate) const IPPROTO_ICMPV6: u8 = 58;
/// Router solicitation, router advertisement, neighbour solicitation, neighbour advertisement.
pub(crate) const ND_ROUTER_SOLICIT: u8 = 133;
pub(crate) const ND_NEIGHBOR_ADVERT: u8 = 136;

pub(crate) const EPERM: i32 = 1;
pub(crate) const ENOENT: i32 = 2;
pub(crate) const EEXIST: i32 = 17;
pub(crate) const EINVAL: i32 = 22;
pub(crate) const EPROTONOSUPPORT: i32 = 93;
pub(crate) const EOPNOTSUPP: i32 = 95;
pub(crate) const EAFNOSUPPORT: i32 = 97;
