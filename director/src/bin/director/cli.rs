//! The command line: keepalived's, and commands of our own.

use std::path::{Path, PathBuf};

use clap::{ArgAction, Parser, Subcommand};
use keepalived_conf::model::Surroundings;

use crate::genhash::Genhash;

/// Where services are balanced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Ipvs {
    /// In the kernel.
    Kernel,
    /// Nowhere.
    None,
}

/// A drop-in for keepalived, with the same configuration file and the same options.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "director",
    version,
    disable_version_flag = true,
    args_conflicts_with_subcommands = true
)]
pub(crate) struct Cli {
    /// What to do instead of running the daemon
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// Read this configuration file
    #[arg(
        short = 'f',
        long,
        value_name = "FILE",
        default_value = "/etc/keepalived/keepalived.conf"
    )]
    pub(crate) use_file: PathBuf,
    /// Run VRRP only
    #[arg(short = 'P', long)]
    pub(crate) vrrp: bool,
    /// Run health checkers and IPVS only
    #[arg(short = 'C', long)]
    pub(crate) check: bool,
    /// Run no BFD; whoever tracks a session takes it for down
    #[arg(short = 'B', long = "no_bfd")]
    pub(crate) no_bfd: bool,
    /// Run every part even without configuration; no effect, there is one process
    #[arg(long)]
    pub(crate) all: bool,

    /// Log to the terminal
    #[arg(short = 'l', long)]
    pub(crate) log_console: bool,
    /// Log details
    #[arg(short = 'D', long, action = ArgAction::Count)]
    pub(crate) log_detail: u8,
    /// Log to this facility of syslog: 0 to 7, local0 to local7, user, daemon
    #[arg(short = 'S', long, value_name = "FACILITY", default_value = "daemon")]
    pub(crate) log_facility: String,
    /// Do not log to syslog
    #[arg(short = 'G', long)]
    pub(crate) no_syslog: bool,
    /// Log to a file
    #[arg(short = 'g', long, value_name = "FILE", num_args = 0..=1,
        default_missing_value = "/tmp/keepalived.log")]
    pub(crate) log_file: Option<PathBuf>,
    /// Write every line to the log file at once; no effect, that is always so
    #[arg(long)]
    pub(crate) flush_log_file: bool,

    /// Mode bits that files shall not have, in octal
    #[arg(short = 'u', long, value_name = "MASK", value_parser = octal)]
    pub(crate) umask: Option<u32>,
    /// Remove addresses also where they are not known to be set; no effect, that is always so
    #[arg(short = 'X', long)]
    pub(crate) release_vips: bool,
    /// Leave addresses and routes where they are at the end
    #[arg(short = 'V', long)]
    pub(crate) dont_release_vrrp: bool,
    /// Leave IPVS as it is at the end
    #[arg(short = 'I', long)]
    pub(crate) dont_release_ipvs: bool,
    /// What is told of services: `kernel`, or `none` to check servers all the same and show the table that would be
    #[arg(long, value_name = "WHERE", default_value = "kernel")]
    pub(crate) ipvs: Ipvs,
    /// Do not restart child processes; no effect, there are none
    #[arg(short = 'R', long)]
    pub(crate) dont_respawn: bool,
    /// Stay in the foreground
    #[arg(short = 'n', long)]
    pub(crate) dont_fork: bool,
    /// Print what was read of the configuration at the start
    #[arg(short = 'd', long)]
    pub(crate) dump_conf: bool,

    /// Write the number of the process to this file
    #[arg(short = 'p', long, value_name = "FILE", default_value = "/run/keepalived.pid")]
    pub(crate) pid: PathBuf,
    /// Write it to this file as well
    #[arg(
        short = 'r',
        long = "vrrp_pid",
        value_name = "FILE",
        default_value = "/run/keepalived_vrrp.pid"
    )]
    pub(crate) vrrp_pid: PathBuf,
    /// For the process of the checkers; no effect, there is one process
    #[arg(short = 'c', long = "checkers_pid", value_name = "FILE")]
    pub(crate) checkers_pid: Option<PathBuf>,
    /// For the process of BFD; no effect, there is one process
    #[arg(short = 'b', long = "bfd_pid", value_name = "FILE")]
    pub(crate) bfd_pid: Option<PathBuf>,

    /// Log every address that is added or removed; not done yet
    #[arg(short = 'a', long)]
    pub(crate) address_monitoring: bool,
    /// SNMP; no effect, there are metrics instead
    #[arg(short = 'x', long)]
    pub(crate) snmp: bool,
    /// SNMP's master agent; no effect
    #[arg(short = 'A', long, value_name = "ADDRESS")]
    pub(crate) snmp_agent_socket: Option<String>,
    /// Run in this network namespace, as `ip netns` names it
    #[arg(short = 's', long, value_name = "NAME")]
    pub(crate) namespace: Option<String>,
    /// Write a core file on a crash; no effect, the limits of the service manager hold
    #[arg(short = 'm', long)]
    pub(crate) core_dump: bool,
    /// Where core files go; no effect
    #[arg(short = 'M', long, value_name = "PATTERN", num_args = 0..=1, default_missing_value = "core")]
    pub(crate) core_dump_pattern: Option<String>,

    /// Every file that an include names has to be there
    #[arg(short = 'e', long)]
    pub(crate) all_config: bool,
    /// Lines that begin with @NAME are for us when NAME is this (default: the host's name up to its
    /// first dot)
    #[arg(short = 'i', long, value_name = "NAME")]
    pub(crate) config_id: Option<String>,
    /// Print the number of a signal: STOP, RELOAD, DATA, STATS, STATS_CLEAR, JSON
    #[arg(long, value_name = "WHAT")]
    pub(crate) signum: Option<String>,
    /// Check the configuration and end: 0 fine, 4 cannot run, 5 runs without what is wrong, 6 scripts
    /// are not safe. The problems go to this file, or to the terminal
    #[arg(short = 't', long, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    pub(crate) config_test: Option<Option<PathBuf>>,
    /// Do not end on SIGINT
    #[arg(long)]
    pub(crate) ignore_sigint: bool,
    /// Print the version
    #[arg(short = 'v', long, action = ArgAction::Version)]
    pub(crate) version: Option<bool>,

    /// Serve the status on this Unix socket (default: beside the pid file, with the ending .sock)
    #[arg(long, value_name = "FILE")]
    pub(crate) status_socket: Option<PathBuf>,
    /// Serve the status on this port of 127.0.0.1, too
    #[arg(long, value_name = "PORT")]
    pub(crate) status_port: Option<u16>,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Command {
    /// Show what a running director does
    Status {
        /// Its status socket
        #[arg(long, value_name = "FILE", default_value = "/run/keepalived.sock")]
        socket: PathBuf,
        /// As JSON
        #[arg(long)]
        json: bool,
        /// As Prometheus metrics
        #[arg(long, conflicts_with = "json")]
        metrics: bool,
    },
    /// Show every keyword of keepalived.conf and what becomes of it
    Keywords {
        /// As Markdown
        #[arg(long)]
        markdown: bool,
    },
    /// Print the digest of a web page, as HTTP_GET and SSL_GET want it
    Genhash(Genhash),
}

impl Cli {
    /// A daemon works in the root folder, and reads its files again from there.
    pub(crate) fn with_absolute_paths(mut self) -> Self {
        let paths = [&mut self.use_file, &mut self.pid, &mut self.vrrp_pid];
        let optional = [&mut self.log_file, &mut self.status_socket];
        for path in paths.into_iter().chain(optional.into_iter().filter_map(Option::as_mut)) {
            if let Ok(absolute) = std::path::absolute(&*path) {
                *path = absolute;
            }
        }
        self
    }

    /// Several daemons on a machine have pid files of their own: their name, and that of their network
    /// namespace, is in the names. Those that were written on the command line stay.
    pub(crate) fn named_for(&self, around: &Surroundings) -> Self {
        let mut cli = self.clone();
        let names = around.net_namespace.iter().chain(&around.instance);
        let suffix: String = names.flat_map(|name| ["_", name]).collect();
        let folder = Path::new(if around.use_pid_dir { "/run/keepalived" } else { "/run" });
        for (path, usual, name) in [
            (&mut cli.pid, "/run/keepalived.pid", "keepalived"),
            (&mut cli.vrrp_pid, "/run/keepalived_vrrp.pid", "keepalived_vrrp"),
        ] {
            if *path == Path::new(usual) {
                *path = folder.join(format!("{name}{suffix}.pid"));
            }
        }
        cli
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.status_socket.clone().unwrap_or_else(|| self.pid.with_extension("sock"))
    }
}

fn octal(text: &str) -> Result<u32, String> {
    let value = match text.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => u32::from_str_radix(text, 8),
    };
    value.ok().filter(|mask| *mask <= 0o777).ok_or_else(|| "allowed are 0 to 777".into())
}
