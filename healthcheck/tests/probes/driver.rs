use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use healthcheck::probes::{Found, Probe, ProbeError, Tcp};
use healthcheck::{
    CheckConfig, Checks, Event, Outcome, PoolConfig, ServerConfig, Sorry, Weight, Who,
};
use tokio::time::timeout;

use super::{nobody, says};

const PERIOD: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_secs(5);

fn quick() -> CheckConfig {
    CheckConfig::new(PERIOD).retries(0)
}

async fn next(checks: &mut Checks) -> Event {
    timeout(PATIENCE, checks.next()).await.expect("something happens")
}

#[tokio::test]
async fn servers_are_found_and_lost() {
    let mut checks = Checks::new();
    let pool = checks.add_pool(PoolConfig::new().sorry(Sorry::Replaces));
    let (good, bad) = (
        checks.add_server(pool, ServerConfig::new()),
        checks.add_server(pool, ServerConfig::new()),
    );
    checks.add_check(good, quick(), Tcp::new(says("").await));
    let refused = checks.add_check(bad, quick(), Tcp::new(nobody().await));
    let Event::Check { check, is_up: false, .. } = next(&mut checks).await else { panic!() };
    assert_eq!(check, refused);
    let down = next(&mut checks).await;
    assert_eq!(down, Event::Server { server: bad, pool, is_up: false });
    assert!(matches!(checks.problem(refused), Some(ProbeError::Connect(_))));
    let members: Vec<Who> = checks.health().members(pool).map(|member| member.who).collect();
    assert_eq!(members, [Who::Server(good)]);
}

/// Fit or not, as is said from outside; counts how often it is asked.
#[derive(Clone, Default)]
struct Switch {
    is_unfit: Arc<AtomicBool>,
    asked: Arc<AtomicU32>,
}

impl Probe for Switch {
    fn probe(&self, _: u16) -> Found<'_> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let is_unfit = self.is_unfit.load(Ordering::SeqCst);
        Box::pin(async move {
            match is_unfit {
                true => Err(ProbeError::Command("is switched off".to_owned())),
                false => Ok(Weight::Configured),
            }
        })
    }
}

#[tokio::test]
async fn a_failure_is_known_within_a_period() {
    let mut checks = Checks::new();
    let pool = checks.add_pool(PoolConfig::new());
    let server = checks.add_server(pool, ServerConfig::new());
    let switch = Switch::default();
    checks.add_check(server, quick().begins_failed(true).warmup(Duration::ZERO), switch.clone());
    for _ in 0..3 {
        let Event::Check { is_up, .. } = next(&mut checks).await else { panic!() };
        let begin = Instant::now();
        switch.is_unfit.store(is_up, Ordering::SeqCst);
        // The server and the quorum.
        let _ = (next(&mut checks).await, next(&mut checks).await);
        if is_up {
            let Event::Check { is_up: false, .. } = next(&mut checks).await else { panic!() };
            assert!(begin.elapsed() < PERIOD + Duration::from_millis(40), "{:?}", begin.elapsed());
            switch.is_unfit.store(false, Ordering::SeqCst);
            let _ = (next(&mut checks).await, next(&mut checks).await);
        }
    }
}

#[tokio::test]
async fn a_suspended_check_is_not_run() {
    let mut checks = Checks::new();
    let pool = checks.add_pool(PoolConfig::new());
    let server = checks.add_server(pool, ServerConfig::new());
    let switch = Switch::default();
    let check = checks.add_check(server, quick().warmup(Duration::ZERO), switch.clone());
    let told = checks.add_told(server, false);
    assert!(timeout(4 * PERIOD, checks.next()).await.is_err());
    checks.suspend(check, true);
    let asked = switch.asked.load(Ordering::SeqCst);
    assert!(asked > 1, "{asked}");
    assert!(timeout(4 * PERIOD, checks.next()).await.is_err());
    assert_eq!(switch.asked.load(Ordering::SeqCst), asked);
    checks.suspend(check, false);
    assert!(timeout(4 * PERIOD, checks.next()).await.is_err());
    assert!(switch.asked.load(Ordering::SeqCst) > asked);
    checks.tell(told, Outcome::Failure);
    let Event::Check { is_up: false, .. } = next(&mut checks).await else { panic!() };
    assert!(!checks.health().is_up(server));
}
