//! IPVS in a kernel that has it: this program boots a virtual machine and runs itself there, with `ipvsadm` as the
//! independent reader and writer.
//!
//! Needs qemu, busybox, ipvsadm and the kernel that `cargo xtask test` fetches; fails without.
#![expect(clippy::print_stdout, reason = "it is its own test harness")]

mod coverage;
mod ipvsadm;
mod table;
mod traffic;
mod whole;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Duration;

use lab::vm::Machine;

type Check = (&'static str, fn());

/// Before the module can be loaded.
const WITHOUT: [Check; 1] = [("without_its_module_there_is_no_table", table::is_missing)];
const WITH: [Check; 20] = [
    ("its_module_is_loaded_when_that_is_asked_for", table::module),
    ("the_table_of_another_namespace_can_be_had", table::namespaces),
    ("services_are_read_as_they_were_written", table::services),
    ("destinations_are_read_as_they_were_written", table::destinations),
    ("errors_say_what_is_meant", table::errors),
    ("the_sync_daemon_starts_and_stops", table::daemons),
    ("a_sync_daemon_may_end_at_once", table::short_daemons),
    ("timeouts_and_the_version_can_be_had", table::timeouts),
    ("who_may_not_look_or_change_is_told_so", table::as_nobody),
    ("thousands_of_changes_are_answered_one_by_one", table::thousands),
    ("weights_are_handled_as_the_kernel_does", table::weights),
    ("tables_are_printed_and_read_as_ipvsadm_does", whole::texts),
    ("any_table_is_made_of_any_other", whole::one_of_another),
    ("services_of_others_stay", whole::others_stay),
    ("what_is_refused_is_told_and_the_rest_is_done", whole::refusals),
    ("a_plan_for_another_table_says_so", whole::stale_plans),
    ("lost_answers_are_made_good_by_reading_back", whole::lost_answers),
    ("connections_reach_servers_in_proportion", traffic::proportions),
    ("connections_are_carried_to_a_second_director", traffic::carried_over),
    ("counters_become_zero_and_everything_goes", table::zero_and_flush),
];

const SCRIPT: &str = "
LAB_PART=without tests || exit 1
ln -s /sbin/load /sbin/modprobe
LAB_PART=with tests
";

fn main() -> ExitCode {
    let part = std::env::var("LAB_PART");
    let outcome = match part.as_deref() {
        Ok("without") => run(&WITHOUT),
        Ok("nobody") => {
            table::is_forbidden();
            true
        }
        Ok(_) => run(&WITH),
        Err(_) => in_machine(),
    };
    if outcome { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs the checks as a test harness does.
fn run(checks: &[Check]) -> bool {
    let mut failed = 0;
    for (name, check) in checks {
        let is_fine = catch_unwind(AssertUnwindSafe(check)).is_ok();
        println!("test {name} ... {}", if is_fine { "ok" } else { "FAILED" });
        failed += usize::from(!is_fine);
    }
    failed == 0
}

fn in_machine() -> bool {
    let modules = [
        "ip_vs",
        "ip_vs_rr",
        "ip_vs_wrr",
        "ip_vs_lc",
        "ip_vs_wlc",
        "ip_vs_lblc",
        "ip_vs_lblcr",
        "ip_vs_dh",
        "ip_vs_sh",
        "ip_vs_sed",
        "ip_vs_nq",
        "ip_vs_fo",
        "ip_vs_ovf",
        "ip_vs_mh",
        "ip_vs_pe_sip",
    ];
    let this = std::env::current_exe().expect("a program knows where it is");
    let machine = Machine::new()
        .and_then(|machine| machine.program_as(this, "tests"))
        .and_then(|machine| machine.program("/sbin/ipvsadm"))
        .and_then(|machine| machine.program("/sbin/ip"))
        .and_then(|machine| machine.modules(&["bridge", "ipip", "veth"]))
        .and_then(|machine| machine.modules_for_later(&modules))
        .expect("the machine can be put together");
    let script = coverage::measured(SCRIPT);
    let ran = machine.run(&script, Duration::from_secs(240)).expect("the machine runs");
    let output = coverage::collected(&ran.output);
    let count = WITHOUT.len() + WITH.len();
    println!("\nrunning {count} tests{output}");
    let passed = output.matches("... ok").count();
    let is_fine = ran.status == Some(0) && passed == count;
    let word = if is_fine { "ok" } else { "FAILED" };
    println!(
        "test result: {word}. {passed} passed; {} failed; 0 ignored; 0 measured; 0 filtered out\n",
        count - passed
    );
    is_fine
}
