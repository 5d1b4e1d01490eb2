//! The VRRP thread dies of a bug: nothing is left behind, and whoever runs the director knows.
//!
//! In a file of its own, because the bug is a log that panics and there is one log in a process. Needs
//! root, and fails without.

mod common;

use std::sync::atomic::{AtomicBool, Ordering};

use common::{LONG, VIP, has, instance};
use director::Director;
use director::config::{Source, check};
use lab::Folder;
use lab::namespaces::Lan;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Panics once, on the VRRP thread, as soon as it is told to.
struct Bug;

static IS_ARMED: AtomicBool = AtomicBool::new(false);

impl Subscriber for Bug {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {
        let is_vrrp = std::thread::current().name() == Some("vrrp");
        assert!(!(is_vrrp && IS_ARMED.swap(false, Ordering::SeqCst)), "a bug");
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn when_the_vrrp_thread_dies_its_addresses_go_and_it_is_known() {
    tracing::subscriber::set_global_default(Bug).unwrap();
    let lan = Lan::new(1).unwrap();
    let folder = Folder::new().unwrap();
    let conf = folder.file("conf");
    std::fs::write(&conf, instance(255, "")).unwrap();
    let ended = lan.host(0).namespace().run(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut director = Director::start(check(&Source::new(conf)).unwrap()).unwrap();
            let notice = director.next().await.unwrap();
            director.handle(&notice);
            assert!(director.is_alive());
            IS_ARMED.store(true, Ordering::SeqCst);
            // Losing its address is told by the log.
            let lost = std::process::Command::new("ip")
                .args(["address", "del", "10.77.0.1/24", "dev", "eth0"])
                .status();
            assert!(lost.unwrap().success());
            let ended = tokio::time::timeout(LONG, async {
                while let Some(notice) = director.next().await {
                    director.handle(&notice);
                }
            });
            ended.await.is_ok() && !director.is_alive()
        })
    });
    assert!(ended, "the thread did not end");
    assert!(!has(lan.host(0), VIP), "the address is left behind");
}
