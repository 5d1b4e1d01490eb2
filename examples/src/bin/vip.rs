//! Puts a virtual IP into this program: `vip INTERFACE VRID PRIORITY ADDRESS…`; Ctrl-C hands it over.
#![expect(clippy::print_stdout, reason = "a command-line program")]

use std::error::Error;
use std::process::ExitCode;

use signal_hook::{consts::TERM_SIGNALS, iterator::Signals};
use vrrp_io::proto::{Priority, Vrid};
use vrrp_io::{RouterConfig, Vrrp};

fn main() -> ExitCode {
    examples::exit("vip", run())
}

fn run() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [interface, vrid, priority, addresses @ ..] = &arguments[..] else {
        return Err("usage: vip INTERFACE VRID PRIORITY ADDRESS[/PREFIX]…".into());
    };
    let mut config = RouterConfig::builder(interface, Vrid::new(vrid.parse()?)?)
        .priority(Priority::new(priority.parse()?)?);
    for address in addresses {
        config = config.address(address.parse()?);
    }
    let mut signals = Signals::new(TERM_SIGNALS)?;

    let router = Vrrp::start()?.add(config.build()?)?;
    let mut events = router.events()?;
    println!("{}", router.state());
    std::thread::spawn(move || {
        while let Some(notice) = events.wait() {
            println!("{:?}", notice.event);
        }
    });
    signals.forever().next();
    // Priority 0 goes out and the addresses are taken away; dropping the router does the same.
    router.stop();
    Ok(())
}
