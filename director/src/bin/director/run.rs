//! The daemon from its start to its end.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use director::config::{self, Checked, Command, Plan};
use director::dump::{self, Dump};
use director::process::daemon::{self, Stage};
use director::process::igmp::Silence;
use director::process::log::Log;
use director::process::pid_file::{self, PidFile};
use director::process::reload_time::ReloadFile;
use director::process::rights::Capability;
use director::process::scheduling::Scheduling;
use director::process::{child, keepsake, limits, memory, namespace, rights};
use director::status::{Listener, Server, serve};
use director::{Director, StartError, chain};
use keepalived_conf::ReadError;
use nix::fcntl::OFlag;
use nix::sys::stat::{Mode, umask};
use tokio::sync::Notify;
use tokio::task::{JoinError, JoinHandle, spawn_blocking};
use tokio::time::{MissedTickBehavior, interval};

use super::cli::{Cli, Ipvs};
use super::signals::{Request, Signals};
use super::{Outcome, exit, source};

/// keepalived's time for its startup and shutdown scripts is in the configuration.
type Script<'a> = (&'a Command, Duration);

pub(crate) fn run(cli: &Cli) -> Outcome {
    let log = log(cli)?;
    let mut checked = match config::check(&source(cli, false)) {
        Ok(checked) => checked,
        Err(error) => {
            writeln!(io::stderr(), "director: {}", chain(&error))?;
            return Ok(exit::NO_CONFIGURATION);
        }
    };
    leave_out(cli, &mut checked.plan);
    if !checked.can_run() {
        io::stderr().write_all(checked.diagnostics.render(false).as_bytes())?;
        return Ok(exit::CONFIGURATION);
    }
    if cli.dump_conf {
        writeln!(io::stderr(), "{:#?}", checked.plan.global)?;
        for planned in &checked.plan.routers {
            writeln!(io::stderr(), "{:#?}", planned.instance)?;
        }
    }
    if let Some(mask) = cli.umask.or(checked.plan.global.umask) {
        umask(Mode::from_bits_truncate(mask));
    }
    let cli = &cli.named_for(&checked.plan.surroundings);
    if let Some(process) = pid_file::running(&cli.pid) {
        let path = cli.pid.display();
        return Err(format!("already running: {path} names process {process}").into());
    }
    if !cli.dont_fork {
        daemon::leave_terminal()?;
    }
    let _pid_files = [PidFile::write(&cli.pid)?, PidFile::write(&cli.vrrp_pid)?];
    // Threads are in the namespace of the one that starts them, and have its rights.
    if let Some(name) = &checked.plan.surroundings.net_namespace {
        namespace::enter(name)?;
    }
    let silence = checked.plan.global.disable_local_igmp.then(Silence::begin);
    let plan = &checked.plan;
    let all = [&plan.scheduling, &plan.bfd_scheduling, &plan.checker_scheduling];
    let may_be_nice = all.iter().any(|scheduling| scheduling.needs_rights().0);
    let may_lock = all.iter().any(|scheduling| scheduling.needs_rights().1);
    // To look into the network namespace that IPVS is in.
    let looks_elsewhere = plan.surroundings.net_namespace_ipvs.is_some() && !plan.pools.is_empty();
    let more = [
        (may_be_nice, Capability::CAP_SYS_NICE),
        (may_lock, Capability::CAP_IPC_LOCK),
        (looks_elsewhere, Capability::CAP_SYS_ADMIN),
    ];
    let more: Vec<Capability> =
        more.into_iter().filter(|(is_needed, _)| *is_needed).map(|(_, right)| right).collect();
    if let Err(error) = rights::keep_needed(&more) {
        return Err(format!("give up rights: {error}").into());
    }
    let _log = log.begin()?;
    limits::raise_open_files();
    let plan = &checked.plan;
    let all = [&plan.scheduling, &plan.bfd_scheduling, &plan.checker_scheduling];
    all.iter().for_each(|scheduling| scheduling.apply_to_process());
    Scheduling::limit_realtime(&all);
    tell(&checked);
    save(&checked);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let code = runtime.block_on(main_loop(cli, checked))?;
    // Tasks that hang are not waited for.
    runtime.shutdown_background();
    drop(silence);
    Ok(code)
}

/// What the command line does not want to run.
fn leave_out(cli: &Cli, plan: &mut Plan) {
    if cli.check && !cli.vrrp {
        plan.leave_out_routers();
    }
    if cli.vrrp && !cli.check {
        plan.leave_out_pools();
    }
    if cli.no_bfd {
        plan.leave_out_bfd();
    }
    plan.has_ipvs = cli.ipvs == Ipvs::Kernel;
}

fn log(cli: &Cli) -> Result<Log, Box<dyn std::error::Error>> {
    let mut log = Log::none();
    log.is_detailed = cli.log_detail > 0;
    log.console = cli.log_console;
    log.file.clone_from(&cli.log_file);
    if !cli.no_syslog {
        log.syslog = Some(director::process::log::facility(&cli.log_facility)?);
    }
    Ok(log)
}

/// `config_save_dir`.
fn save(checked: &Checked) {
    let Some(folder) = &checked.plan.global.config_save_dir else { return };
    let saved = rights::with_file_access(|| keepsake::save(folder.as_ref(), &checked.diagnostics));
    if let Err(error) = saved {
        tracing::warn!(%error, folder, "the configuration was not copied");
    }
}

/// Every problem is one entry of the log.
fn tell(checked: &Checked) {
    use keepalived_conf::Severity;
    for diagnostic in checked.diagnostics.iter() {
        let place = diagnostic.span.map(|span| checked.diagnostics.place(span));
        let place = place.unwrap_or_else(|| "the configuration".into());
        let help = diagnostic.help.as_deref().unwrap_or("");
        let message = &diagnostic.message;
        match diagnostic.severity {
            Severity::Note => tracing::info!("{place}: {message} ({help})"),
            Severity::Warning => tracing::warn!("{place}: {message} ({help})"),
            _ => tracing::error!("{place}: {message} ({help})"),
        }
    }
}

async fn main_loop(cli: &Cli, checked: Checked) -> Outcome {
    let mut signals = Signals::new(cli.ignore_sigint)?;
    let panicked = on_panic();
    let global = &checked.plan.global;
    let startup = checked.plan.commands.startup.as_ref().zip(global.startup_script.as_ref());
    if let Some((command, (_, limit))) = startup {
        run_script("startup_script", (command, *limit)).await;
    }
    let shutdown = shutdown_script(&checked.plan);
    let mut director = match Director::start(checked) {
        Ok(director) => director,
        Err(error) => {
            let code = match error {
                StartError::Configuration => exit::CONFIGURATION,
                _ => exit::FATAL,
            };
            let error = chain(&error);
            tracing::error!("{error}");
            writeln!(io::stderr(), "director: {error}")?;
            // What the first script did is to be undone.
            run_shutdown(shutdown).await;
            return Ok(code);
        }
    };
    let servers = serve_status(cli, &director);
    memory::give_back();
    daemon::tell(Stage::Ready);
    let (routers, services) = (director.plan().routers.len(), director.plan().pools.len());
    tracing::info!(routers, services, "started");
    let mut reload = Reload { sign: sign_of_reload(cli, &director), ..Reload::default() };
    let mut planned = planned_reload(&director);
    let mut watchdog = daemon::watchdog_interval().map(|period| {
        let mut ticks = interval(period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks
    });
    loop {
        let tick = async {
            match &mut watchdog {
                Some(ticks) => {
                    ticks.tick().await;
                }
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            happening = director.next() => match happening {
                Some(happening) => director.handle(&happening),
                None => {
                    // Its addresses were released when it ended. Nothing can run without it, so whoever
                    // manages us starts us anew.
                    tracing::error!("the VRRP thread has ended; the daemon ends, too");
                    daemon::tell(Stage::Stopping);
                    drop(servers);
                    director.stop(cli.dont_release_vrrp, cli.dont_release_ipvs).await;
                    return Ok(exit::INTERNAL);
                }
            },
            () = panicked.notified() => {
                // Half a daemon is worse than one that is started anew.
                tracing::error!("a bug: part of the daemon has panicked; the daemon ends");
                daemon::tell(Stage::Stopping);
                drop(servers);
                director.stop(cli.dont_release_vrrp, cli.dont_release_ipvs).await;
                return Ok(exit::INTERNAL);
            }
            request = signals.next() => match request {
                Request::Stop => break,
                Request::Reload => reload.ask(cli),
                Request::Data => write_dump(&director, Dump::State),
                Request::Stats => write_dump(&director, Dump::Stats),
                Request::Json => write_dump(&director, Dump::Json),
                Request::StatsClear => {
                    if director.vrrp().clear_stats().is_err() {
                        tracing::error!("the counters could not be cleared");
                    }
                }
            },
            () = next_reload(&mut planned) => {
                tracing::info!("it is time to reload");
                reload.ask(cli);
            }
            checked = reload.checked() => {
                finish_reload(checked, &mut director);
                let next = planned_reload(&director);
                if next.as_ref().map(ReloadFile::settings)
                    != planned.as_ref().map(ReloadFile::settings)
                {
                    planned = next;
                }
                reload.finish(cli, sign_of_reload(cli, &director));
            }
            () = tick => {
                if director.is_alive() {
                    daemon::tell(Stage::Watchdog);
                }
            }
        }
    }
    tracing::info!("stopping");
    daemon::tell(Stage::Stopping);
    drop(servers);
    let shutdown = shutdown_script(director.plan());
    director.stop(cli.dont_release_vrrp, cli.dont_release_ipvs).await;
    run_shutdown(shutdown).await;
    Ok(0)
}

/// `shutdown_script` and its time.
fn shutdown_script(plan: &Plan) -> Option<(Command, Duration)> {
    let (command, (_, limit)) =
        plan.commands.shutdown.as_ref().zip(plan.global.shutdown_script.as_ref())?;
    Some((command.clone(), *limit))
}

async fn run_shutdown(script: Option<(Command, Duration)>) {
    if let Some((command, limit)) = &script {
        run_script("shutdown_script", (command, *limit)).await;
    }
}

/// A link that somebody else put there is not followed.
fn make_sign(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).custom_flags(OFlag::O_NOFOLLOW.bits());
    options.open(path).map(|_| ())
}

/// `reload_file`: the file that it names, or one beside the pid file.
fn sign_of_reload(cli: &Cli, director: &Director) -> Option<PathBuf> {
    let path = director.plan().global.reload_file.as_ref()?;
    Some(path.as_ref().map_or_else(|| cli.pid.with_extension("reload"), PathBuf::from))
}

/// `reload_time_file`.
fn planned_reload(director: &Director) -> Option<ReloadFile> {
    let global = &director.plan().global;
    let path = global.reload_time_file.as_ref()?;
    Some(ReloadFile::new(path.into(), global.reload_repeat))
}

async fn next_reload(planned: &mut Option<ReloadFile>) {
    match planned {
        Some(planned) => planned.wait().await,
        None => std::future::pending().await,
    }
}

/// Told by every panic in any thread or task, after it was printed.
fn on_panic() -> Arc<Notify> {
    let panicked = Arc::new(Notify::new());
    let (told, print) = (Arc::clone(&panicked), std::panic::take_hook());
    std::panic::set_hook(Box::new(move |panic| {
        print(panic);
        told.notify_one();
    }));
    panicked
}

/// Without a status the routers run all the same.
fn serve_status(cli: &Cli, director: &Director) -> Vec<Server> {
    let unix = Listener::Unix(cli.socket());
    let port = cli.status_port.map(Listener::Loopback);
    let mut servers = Vec::new();
    for listener in std::iter::once(unix).chain(port) {
        match serve(director, &listener) {
            Ok(server) => servers.push(server),
            Err(error) => tracing::warn!("no status there: {}", chain(&error)),
        }
    }
    servers
}

/// A configuration that is being read. Looking up users and files can take long where these are on other
/// machines, so it is done beside everything else.
#[derive(Default)]
struct Reload {
    reading: Option<JoinHandle<Result<Checked, ReadError>>>,
    /// It was asked for again meanwhile.
    again: bool,
    /// `reload_file`: there for as long as it takes.
    sign: Option<PathBuf>,
}

impl Reload {
    fn ask(&mut self, cli: &Cli) {
        if self.reading.is_some() {
            self.again = true;
            return;
        }
        tracing::info!("reloading");
        daemon::tell(Stage::Reloading);
        if let Some(path) = &self.sign
            && let Err(error) = make_sign(path)
        {
            tracing::warn!(%error, path = %path.display(), "reload_file");
        }
        let (source, cli) = (source(cli, true), cli.clone());
        self.reading = Some(spawn_blocking(move || {
            let mut checked = rights::with_file_access(|| config::check(&source))?;
            leave_out(&cli, &mut checked.plan);
            Ok(checked)
        }));
    }

    /// What was read, as soon as it is. Cancel-safe.
    async fn checked(&mut self) -> Result<Result<Checked, ReadError>, JoinError> {
        match &mut self.reading {
            Some(reading) => reading.await,
            None => std::future::pending().await,
        }
    }

    fn finish(&mut self, cli: &Cli, next_sign: Option<PathBuf>) {
        self.reading = None;
        if let Some(path) = &self.sign {
            // It may not have been possible to make it.
            let _ = std::fs::remove_file(path);
        }
        self.sign = next_sign;
        if std::mem::take(&mut self.again) {
            self.ask(cli);
        }
    }
}

fn finish_reload(checked: Result<Result<Checked, ReadError>, JoinError>, director: &mut Director) {
    match checked {
        Ok(Ok(checked)) => {
            tell(&checked);
            save(&checked);
            match director.reload(checked) {
                Ok(()) => tracing::info!("the configuration was taken"),
                Err(error) => tracing::error!("not reloaded: {}", chain(&error)),
            }
        }
        Ok(Err(error)) => {
            director.refuse_reload();
            tracing::error!("not reloaded: {}", chain(&error));
        }
        // The panic ends the daemon.
        Err(error) => tracing::error!("not reloaded: {error}"),
    }
    memory::give_back();
    daemon::tell(Stage::Ready);
}

fn write_dump(director: &Director, what: Dump) {
    match dump::write(director, what) {
        Ok(path) => tracing::info!(path = %path.display(), "dumped"),
        Err(error) => tracing::error!(%error, "nothing was dumped"),
    }
}

async fn run_script(name: &str, (command, limit): Script<'_>) {
    let end = match child::start(command, &[]) {
        Ok(mut running) => running.wait(limit).await,
        Err(error) => {
            tracing::error!(%error, "{name} cannot be started");
            return;
        }
    };
    if !end.is_success() {
        tracing::error!(?end, "{name} failed");
    }
}
