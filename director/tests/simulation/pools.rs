//! `virtual_server` and what belongs to it.

use std::fmt::Write;
use std::time::Duration;

use director::config::PlannedPool;
use healthcheck::Sorry;
use proof::pools::{CheckPlan, Claim, Configured, PoolPlan, ServerPlan, plans, run_configured};

use super::{read, without};

/// keepalived.conf with all pools.
fn text(pools: &[PoolPlan], left_out: Option<&str>) -> String {
    let mut text = String::new();
    for (number, pool) in pools.iter().enumerate() {
        let mut line = |line: String| writeln!(text, "{line}").unwrap();
        line(format!("virtual_server 192.0.2.{} 80 {{\n protocol TCP", number + 1));
        let quorum = pool.quorum.get();
        line(format!(" quorum {quorum}\n hysteresis {}", pool.hysteresis.min(quorum - 1)));
        if let Some(sorry) = pool.sorry {
            line(" sorry_server 198.51.100.1 80".into());
            if sorry == Sorry::Stays {
                line(" sorry_server_inhibit".into());
            }
        }
        for (number, server) in pool.servers.iter().enumerate() {
            self::server(&mut line, number, server);
        }
        line("}".into());
    }
    without(&text, left_out)
}

fn server(line: &mut impl FnMut(String), number: usize, server: &ServerPlan) {
    line(format!(" real_server 203.0.113.{} 80 {{\n weight {}", number + 1, server.weight));
    if server.stays {
        line("  inhibit_on_failure".into());
    }
    for (number, check) in server.checks.iter().enumerate() {
        let CheckPlan { period, delay_before_retry, retries, begins_failed, .. } = check;
        line(format!("  TCP_CHECK {{\n connect_port {}\n warmup 0", number + 1));
        line(format!("   delay_loop {}\n   retry {retries}", seconds(*period)));
        line(format!("   delay_before_retry {}", seconds(*delay_before_retry)));
        if *begins_failed {
            line("   alpha".into());
        }
        line("  }".into());
    }
    line(" }".into());
}

fn seconds(span: Duration) -> f64 {
    span.as_secs_f64()
}

/// What director runs a pool with. How long a probe takes at most is up to the probe, and how many successes it needs is
/// not in keepalived.conf.
fn configured(plan: &PoolPlan, planned: &PlannedPool) -> Configured {
    assert_eq!(plan.servers.len(), planned.servers.len());
    let servers = plan.servers.iter().zip(&planned.servers).map(|(server, planned)| {
        assert_eq!(server.checks.len(), planned.checks.len());
        let checks = server.checks.iter().zip(&planned.checks);
        let checks =
            checks.map(|(check, planned)| planned.config.rise(check.rise).limit(check.limit));
        (planned.config, checks.collect())
    });
    Configured { pool: planned.config, servers: servers.collect() }
}

fn wrong(seed: u64, left_out: Option<&str>) -> Option<(Claim, String)> {
    let plans = plans(seed);
    let checked = read(&text(&plans, left_out), left_out.is_none());
    let planned = &checked.plan.pools;
    assert_eq!(plans.len(), planned.len());
    let configured: Vec<Configured> =
        plans.iter().zip(planned).map(|(plan, planned)| configured(plan, planned)).collect();
    let (claim, at, what) = run_configured(seed, &plans, &configured)?;
    Some((claim, format!("seed {seed} at {:?}: {what}", at.since_epoch())))
}

#[test]
fn pools_of_director_are_as_they_should_be() {
    for seed in 0..300 {
        assert_eq!(wrong(seed, None), None);
    }
}

/// Without one of these lines the simulation finds something.
#[test]
fn lines_that_decide_matter() {
    for (line, claim) in [
        ("quorum", Claim::QuorumDecides),
        ("hysteresis", Claim::QuorumDecides),
        ("sorry_server", Claim::MembersAreRight),
        ("sorry_server_inhibit", Claim::MembersAreRight),
        ("weight", Claim::MembersAreRight),
        ("inhibit_on_failure", Claim::MembersAreRight),
        ("delay_loop", Claim::ChecksKeepTime),
        ("retry", Claim::ServersFollowChecks),
        ("delay_before_retry", Claim::ChecksKeepTime),
        ("alpha", Claim::ServersFollowChecks),
    ] {
        let is_found = |seed| wrong(seed, Some(line)).is_some_and(|(found, _)| found == claim);
        assert!((0..300).any(is_found), "{line} does not matter");
    }
}
