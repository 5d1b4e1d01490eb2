//! A program without std: it has its own panic handler, so that the linker would complain if anything it
//! links brought std in. One router decodes what another one sends, and yields to it; two ends of a BFD session
//! find each other; a server that does not answer leaves its pool.
#![no_std]
#![no_main]

mod entry;

use core::net::IpAddr;
use core::num::NonZeroU8;
use core::time::Duration;

use healthcheck::{Action, CheckConfig, Health, Outcome, Phase, PoolConfig, ServerConfig};
use vrrp_fsm::proto::{
    Centiseconds, ChecksumForm, Datagram, Demands, Endpoints, MULTICAST_IPV4, Packet, Priority,
    Vrid,
};
use vrrp_fsm::{Config, Input, State, Timestamp, VirtualRouter};

/// vrrp-fsm allocates its configuration.
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

/// Whether everything went as RFC 9568 says.
fn run() -> Option<()> {
    let router = |priority: u8, address: [u8; 4]| {
        let vrid = Vrid::new(51).ok()?;
        let priority = Priority::new(priority).ok()?;
        let addresses = [[192, 0, 2, 10].into()];
        let config = Config::v3_ipv4(vrid, priority, Centiseconds::DEFAULT, addresses).ok()?;
        let mut router = VirtualRouter::new(config);
        let address = Input::PrimaryAddress(Some(IpAddr::from(address)));
        let started = router.handle(Timestamp::EPOCH, address).len();
        let started = started + router.handle(Timestamp::EPOCH, Input::Startup).len();
        (started == 1).then_some(router)
    };
    let (mut low, high) = (router(100, [192, 0, 2, 1])?, router(200, [192, 0, 2, 2])?);
    let later = Timestamp::EPOCH + Duration::from_secs(4);
    let took_over = low.handle(later, Input::Wake).len();
    if took_over != 4 || low.state() != State::Active {
        return None;
    }

    let endpoints = Endpoints::V4 { source: [192, 0, 2, 2].into(), destination: MULTICAST_IPV4 };
    let mut buffer = [0; 64];
    let sent = high.advertisement(high.priority());
    let length = sent.encode(endpoints, ChecksumForm::Rfc5798, &mut buffer).ok()?;
    let datagram = Datagram::from_message(endpoints, 255, buffer.get(..length)?);
    let advertisement = Packet::decode(&datagram, &Demands::new()).ok()?.advertisement().ok()?;
    let source = endpoints.source();
    let actions = low.handle(later, Input::Advertisement { source, advertisement: &advertisement });
    (actions.len() == 2 && low.state() == State::Backup).then_some(())?;
    session(later)?;
    pool()
}

/// A failed check takes its server out of the pool.
fn pool() -> Option<()> {
    let mut health = Health::new();
    let pool = health.add_pool(PoolConfig::new());
    let server = health.add_server(pool, ServerConfig::new());
    let now = healthcheck::Timestamp::EPOCH;
    let config = CheckConfig::new(Duration::from_secs(1)).retries(0);
    health.add_check(now, server, config, Phase::NOW);
    let before = health.members(pool).count();
    for action in health.due(now)? {
        if let Action::Run { check, run, .. } = action {
            let outcome = Outcome::Failure;
            let told = health.handle(now, check, healthcheck::Input::Finished { run, outcome });
            (!told.is_empty()).then_some(())?;
        }
    }
    (before == 1 && health.members(pool).count() == 0).then_some(())
}

fn session(now: Timestamp) -> Option<()> {
    let now = bfd::Timestamp::from_epoch(now.since_epoch());
    let interval = Duration::from_millis(50);
    let config = bfd::Config::new(interval, interval, NonZeroU8::MIN).ok()?;
    let end = |number: u32| Some(bfd::Session::new(config, bfd::Discriminator::new(number)?));
    let mut ends = [end(1)?, end(2)?];
    let mut spoken = ends[0].handle(now, bfd::Input::Wake(bfd::Jitter::NONE)).transmit;
    for turn in 0..8 {
        let heard = bfd::ControlPacket::decode(&spoken?.encode()).ok()?;
        let listener = &mut ends[1 - turn % 2];
        spoken = listener.handle(now, bfd::Input::Packet(&heard)).transmit;
        if ends.iter().all(|end| end.state() == bfd::State::Up) {
            return Some(());
        }
    }
    None
}
